import Events
import ProviderKit

/// Takes what is needed from a payload. Fields that are missing or of another kind make what was said less, never an
/// error: real payloads differ from any schema.
struct PayloadReader {
    /// Longest ref that is read, in bytes. Git's own files end there, too.
    static let maximumRefByteCount = 4096
    /// Longest name of a user or an organisation that is read, in bytes. GitHub's end at 39.
    static let maximumLoginByteCount = 256
    /// Longest `action` that is read, in bytes.
    static let maximumActionByteCount = 64

    /// Commits of a push whose files are read, and files of one list. Most pushes have far fewer; GitHub lists 2,048 commits at
    /// most and does not say that it cuts, so a list as long as that is never believed.
    static let maximumPushedCommitCount = 128
    static let maximumListedFileCount = 64

    /// What is wanted of any payload. The rest, such as what a push has beyond those limits, is checked and passed over.
    static let selection: JSONSelection = [
        "action": .everything, "ref": .everything, "ref_type": .everything, "before": .everything,
        "after": .everything, "forced": .everything,
        "commits": JSONSelection(dictionaryLiteral: ("added", files), ("modified", files), ("removed", files))
            .upTo(maximumPushedCommitCount),
        "sender": ["login": .everything],
        "installation": ["id": .everything, "account": ["login": .everything]],
        "repository": repository,
        "repositories": repository, "repositories_added": repository, "repositories_removed": repository,
        "changes": [
            "repository": ["name": ["from": .everything]],
            "owner": ["from": ["user": ["login": .everything], "organization": ["login": .everything]]],
        ],
    ]

    private static let files = JSONSelection.everything.upTo(maximumListedFileCount)
    private static let repository = JSONSelection(fields: [
        "id", "full_name", "private", "visibility", "default_branch", "master_branch",
    ])

    let payload: JSON

    init(_ payload: JSON) { self.payload = payload }

    func report(delivery: String, event: String) -> WebhookReport {
        let action = word(payload["action"], limit: Self.maximumActionByteCount)
        return WebhookReport(
            delivery: delivery, event: event, action: action, sender: login(payload["sender"]) ?? "",
            installation: payload["installation"]?["id"]?.uint64, content: content(event: event, action: action))
    }

    private func content(event: String, action: String?) -> WebhookReport.Content {
        switch event {
        case "ping": .ping
        case "push": push().map { .ref($0) } ?? .other
        case "create", "delete": createdOrDeleted().map { .ref($0) } ?? .other
        case "public":
            repository(payload["repository"]).map { .repository($0, .visibility(isPrivate: false)) } ?? .other
        case "repository": repositoryChange(action)
        case "installation": installation(action)
        case "installation_repositories": installationRepositories(action)
        default: .other
        }
    }

    func word(_ json: JSON?, limit: Int) -> String? {
        guard let text = json?.string, (1...limit).contains(text.utf8.count) else { return nil }
        return text
    }

    func login(_ json: JSON?) -> String? { word(json?["login"], limit: Self.maximumLoginByteCount) }

    /// A repository; nil where its number or its name is missing.
    func repository(_ json: JSON?) -> ReportedRepository? {
        guard let json, let id = json["id"]?.uint64, let name = json["full_name"]?.string.flatMap(RepositoryName.init)
        else { return nil }
        let visibility = json["visibility"]?.string
        let branch = json["default_branch"] ?? json["master_branch"]
        return ReportedRepository(
            externalID: id, locator: name.locator,
            // "internal" is for the members of a company: not public.
            isPrivate: json["private"]?.bool ?? visibility.map { $0 != "public" },
            defaultBranch: word(branch, limit: Self.maximumRefByteCount).map { Array($0.utf8) })
    }
}
