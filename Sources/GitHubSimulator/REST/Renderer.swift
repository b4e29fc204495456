/// Writes what answers and payloads are made of, member by member as recorded ones have them.
struct Renderer: Sendable {
    /// Where REST is.
    let apiURL: String
    /// Where Git and pages are.
    let webURL: String

    /// Global ids, in the older of GitHub's two forms: kind and number in base64.
    static func nodeID(_ kind: String, _ id: some CustomStringConvertible) -> JSONValue {
        .string(Base64.encoded(Array("0\(kind.utf8.count):\(kind)\(id)".utf8)))
    }

    /// What the API's root tells.
    var root: JSONValue {
        [
            "current_user_url": "\(apiURL)/user", "rate_limit_url": "\(apiURL)/rate_limit",
            "repository_url": "\(apiURL)/repos/{owner}/{repo}", "user_url": "\(apiURL)/users/{user}",
            "organization_url": "\(apiURL)/orgs/{org}",
        ]
    }

    // MARK: Accounts

    func account(_ account: Account) -> JSONValue {
        let address = "\(apiURL)/users/\(account.login)"
        return [
            "login": .string(account.login), "id": .integer(account.id),
            "node_id": Self.nodeID(account.isOrganization ? "Organization" : "User", account.id),
            "avatar_url": "https://avatars.githubusercontent.com/u/\(account.id)?v=4", "gravatar_id": "",
            "url": .string(address), "html_url": "\(webURL)/\(account.login)",
            "followers_url": "\(address)/followers", "following_url": "\(address)/following{/other_user}",
            "gists_url": "\(address)/gists{/gist_id}", "starred_url": "\(address)/starred{/owner}{/repo}",
            "subscriptions_url": "\(address)/subscriptions", "organizations_url": "\(address)/orgs",
            "repos_url": "\(address)/repos", "events_url": "\(address)/events{/privacy}",
            "received_events_url": "\(address)/received_events",
            "type": account.isOrganization ? "Organization" : "User", "site_admin": false,
        ]
    }

    /// The shorter form that payloads tell an organisation in.
    func organization(_ account: Account) -> JSONValue {
        let address = "\(apiURL)/orgs/\(account.login)"
        return [
            "login": .string(account.login), "id": .integer(account.id),
            "node_id": Self.nodeID("Organization", account.id), "url": .string(address),
            "repos_url": "\(address)/repos", "events_url": "\(address)/events", "hooks_url": "\(address)/hooks",
            "issues_url": "\(address)/issues", "members_url": "\(address)/members{/member}",
            "public_members_url": "\(address)/public_members{/member}",
            "avatar_url": "https://avatars.githubusercontent.com/u/\(account.id)?v=4", "description": "",
        ]
    }

    static func email(_ account: Account) -> String { "\(account.id)+\(account.login)@users.noreply.github.com" }

    // MARK: Commits

    /// A commit in the lists of `commits` and `compare`.
    func commit(
        _ id: String, _ commit: CommitObject, in info: RepositoryInfo, people: (CommitObject.Person) -> Account?
    )
        -> [(key: String, value: JSONValue)]
    {
        let address = "\(apiURL)/repos/\(info.fullName)"
        func person(_ person: CommitObject.Person) -> JSONValue { people(person).map { account($0) } ?? .null }
        return [
            ("sha", .string(id)), ("node_id", Self.nodeID("Commit", "\(info.id):\(id)")),
            ("commit", detail(id, commit, in: info, isListed: true)), ("url", "\(address)/commits/\(id)"),
            ("html_url", "\(webURL)/\(info.fullName)/commit/\(id)"),
            ("comments_url", "\(address)/commits/\(id)/comments"), ("author", person(commit.author)),
            ("committer", person(commit.committer)),
            (
                "parents",
                .array(
                    commit.parents.map { parent in
                        [
                            "sha": .string(parent), "url": "\(address)/commits/\(parent)",
                            "html_url": "\(webURL)/\(info.fullName)/commit/\(parent)",
                        ]
                    })
            ),
        ]
    }

    /// What git itself knows of a commit.
    func detail(_ id: String, _ commit: CommitObject, in info: RepositoryInfo, isListed: Bool) -> JSONValue {
        let address = "\(apiURL)/repos/\(info.fullName)/git"
        func person(_ person: CommitObject.Person) -> JSONValue {
            [
                "name": .string(person.name), "email": .string(person.email),
                "date": .string(Timestamps.iso(person.seconds)),
            ]
        }
        var members: [(key: String, value: JSONValue)] = [
            ("author", person(commit.author)), ("committer", person(commit.committer)),
            ("message", .string(commit.message)),
            ("tree", ["sha": .string(commit.tree), "url": "\(address)/trees/\(commit.tree)"]),
            ("url", "\(address)/commits/\(id)"),
        ]
        if isListed { members.append(("comment_count", 0)) }
        let verification: JSONValue = [
            "verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil,
        ]
        return .object(members + [("verification", verification)])
    }

    /// A reference of `git/refs`.
    func reference(_ name: String, _ id: String, _ kind: ObjectKind, in info: RepositoryInfo) -> JSONValue {
        let address = "\(apiURL)/repos/\(info.fullName)/git"
        return [
            "ref": .string(name), "node_id": Self.nodeID("Ref", "\(info.id):\(name)"), "url": "\(address)/\(name)",
            "object": [
                "sha": .string(id), "type": .string(kind.rawValue), "url": "\(address)/\(kind.rawValue)s/\(id)",
            ],
        ]
    }
}
