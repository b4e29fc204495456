import Synchronization

extension World {
    // MARK: Repositories

    /// Tells an event of a repository to every hook that hears of it.
    func tell(
        _ event: String, action: String? = nil, of info: RepositoryInfo,
        _ members: [(key: String, value: JSONValue)] = [], as form: Renderer.RepositoryForm = .payload,
        by sender: String? = nil, then last: [(key: String, value: JSONValue)] = []
    ) {
        let hooks = webhooks.hooks
        if hooks.isEmpty { return }
        let renderer = renderer
        var common = (action.map { [(key: "action", value: JSONValue.string($0))] } ?? []) + members
        common.append(("repository", renderer.repository(info, as: form)))
        if info.owner.isOrganization { common.append(("organization", renderer.organization(info.owner))) }
        if event == "push" { common.append(("pusher", pusher(sender))) }
        common.append(("sender", renderer.account(account(sender ?? configuration.sender))))
        for hook in hooks {
            var installation: Installation?
            if let app = hook.app {
                guard let found = access.withLock({ $0.installation(of: app, for: info) }), !found.isSuspended,
                    access.withLock({ $0.apps[app]?.events.contains(event) ?? false })
                else { continue }
                installation = found
            }
            let told: [(key: String, value: JSONValue)] =
                installation.map { [("installation", renderer.installationName($0))] } ?? []
            post(
                event, action, .object(common + told + last), to: hook, installation: installation?.id,
                repository: info.id)
        }
    }

    private func pusher(_ sender: String?) -> JSONValue {
        let account = account(sender ?? configuration.sender)
        return ["name": .string(account.login), "email": .string(Renderer.email(account))]
    }

    /// Tells a push, and where it makes or deletes a branch or a tag, that too.
    func tellPush(
        _ push: HostedRepository.Push, commits: [PushedCommit], isForced: Bool, of repository: HostedRepository,
        by sender: String?
    ) {
        if webhooks.hooks.isEmpty { return }
        let (info, renderer) = (repository.info, renderer)
        let isCreated = push.before == HostedRepository.noCommit
        let isDeleted = push.after == HostedRepository.noCommit
        let isTag = push.reference.hasPrefix("refs/tags/")
        let name = JSONValue.string(push.reference.split(separator: "/").dropFirst(2).joined(separator: "/"))
        let kind = JSONValue.string(isTag ? "tag" : "branch")
        if isCreated {
            tell(
                "create", of: info,
                [
                    ("ref", name), ("ref_type", kind), ("master_branch", .string(info.defaultBranch)),
                    ("description", JSONValue(info.description)), ("pusher_type", "user"),
                ], by: sender)
        } else if isDeleted {
            tell("delete", of: info, [("ref", name), ("ref_type", kind), ("pusher_type", "user")], by: sender)
        }
        let people = { (person: CommitObject.Person) in self.account(withEmail: person.email) }
        let told = commits.suffix(limits.pushedCommits).map { renderer.pushed($0, in: info, people: people) }
        let pages = "\(renderer.webURL)/\(info.fullName)"
        let range = "\(push.before.prefix(12))...\(push.after.prefix(12))"
        tell(
            "push", of: info,
            [("ref", .string(push.reference)), ("before", .string(push.before)), ("after", .string(push.after))],
            as: .push, by: sender,
            then: [
                ("created", .bool(isCreated)), ("deleted", .bool(isDeleted)), ("forced", .bool(isForced)),
                ("base_ref", nil),
                (
                    "compare",
                    .string(isCreated ? "\(pages)/commit/\(push.after.prefix(12))" : "\(pages)/compare/\(range)")
                ),
                ("commits", .array(told)),
                ("head_commit", isDeleted ? nil : told.last ?? headCommit(push.after, of: repository, info)),
            ])
    }

    /// What a branch without commits of its own points to.
    private func headCommit(_ id: String, of repository: HostedRepository, _ info: RepositoryInfo) -> JSONValue {
        do {
            guard let (peeled, object) = try repository.objects.peeled(id), object.kind == .commit else { return nil }
            let commit = PushedCommit(id: peeled, commit: CommitObject(parsing: object.content))
            return renderer.pushed(commit, in: info) { self.account(withEmail: $0.email) }
        } catch {
            report("unreadable commit", error)
            return nil
        }
    }

    // MARK: Installations

    /// Tells an App's hook what became of an installation: an App cannot choose not to hear it.
    func tell(
        _ event: String, action: String, of installation: Installation, _ members: [(key: String, value: JSONValue)]
    ) {
        for hook in webhooks.hooks where hook.app == installation.appID {
            let common: [(key: String, value: JSONValue)] = [
                ("action", .string(action)),
                ("installation", renderer.installation(installation, isPayload: true, world: self)),
            ]
            let sender: [(key: String, value: JSONValue)] = [
                ("sender", renderer.account(account(configuration.sender)))
            ]
            post(
                event, action, .object(common + members + sender), to: hook, installation: installation.id,
                repository: nil)
        }
    }

    /// Asks a hook whether somebody is there, as GitHub does where one is made.
    func ping(app: Int64?) {
        for hook in webhooks.hooks where hook.app == app {
            let now = Timestamps.iso(hook.createdAtSeconds)
            var members: [(key: String, value: JSONValue)] = [
                ("type", app == nil ? "Repository" : "App"), ("id", .integer(hook.id)), ("name", "web"),
                ("active", true),
            ]
            if let app { members.append(("app_id", .integer(app))) }
            members += [
                ("events", ["*"]),
                (
                    "config",
                    ["content_type": "json", "url": .string(hook.url), "insecure_ssl": "0", "secret": "********"]
                ),
                ("updated_at", .string(now)), ("created_at", .string(now)),
                ("deliveries_url", "\(renderer.apiURL)/app/hook/deliveries"),
            ]
            post(
                "ping", nil,
                [
                    "zen": "Anything added dilutes everything else.", "hook_id": .integer(hook.id),
                    "hook": .object(members), "sender": renderer.account(account(configuration.sender)),
                ], to: hook, installation: nil, repository: nil)
        }
    }

    // MARK: Posting

    private func post(
        _ event: String, _ action: String?, _ payload: JSONValue, to hook: Hook, installation: Int64?,
        repository: Int64?
    ) {
        let bytes = payload.bytes
        // GitHub sends nothing in its place.
        if bytes.count > limits.payloadBytes { return }
        webhooks.post(
            WebhookDelivery(
                id: 0, guid: "", event: event, action: action, installationID: installation,
                repositoryID: repository, deliveredAtMilliseconds: clock.milliseconds, payload: bytes, hook: hook.id))
    }

    /// Whose address a commit has; nil where it is nobody's here.
    func account(withEmail email: String) -> Account? {
        if email == "ada@example.org" { return account(configuration.sender) }
        let name = email.prefix { $0 != "@" }.split(separator: "+").last.map(String.init) ?? ""
        guard email.hasSuffix("@users.noreply.github.com") else { return nil }
        return directory.withLock { $0.knownAccount(name) }
    }
}

extension Renderer {
    /// A commit in the payload of a push.
    func pushed(_ pushed: PushedCommit, in info: RepositoryInfo, people: (CommitObject.Person) -> Account?) -> JSONValue
    {
        func person(_ person: CommitObject.Person) -> JSONValue {
            let name = people(person).map { [(key: "username", value: JSONValue.string($0.login))] } ?? []
            return .object([("name", .string(person.name)), ("email", .string(person.email))] + name)
        }
        func paths(_ paths: [RepositoryPath]) -> JSONValue {
            .array(paths.map { .string(String(decoding: $0.bytes, as: UTF8.self)) })
        }
        return [
            "id": .string(pushed.id), "tree_id": .string(pushed.commit.tree), "distinct": true,
            "message": .string(pushed.commit.message),
            "timestamp": .string(Timestamps.iso(pushed.commit.committer.seconds)),
            "url": "\(webURL)/\(info.fullName)/commit/\(pushed.id)", "author": person(pushed.commit.author),
            "committer": person(pushed.commit.committer), "added": paths(pushed.added),
            "removed": paths(pushed.removed), "modified": paths(pushed.modified),
        ]
    }

    /// By which payloads name an installation.
    func installationName(_ installation: Installation) -> JSONValue {
        [
            "id": .integer(installation.id),
            "node_id": Self.nodeID("IntegrationInstallation", installation.id),
        ]
    }
}
