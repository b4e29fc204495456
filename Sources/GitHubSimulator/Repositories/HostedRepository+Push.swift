import Synchronization

extension HostedRepository {
    /// Files to write, and with nil to remove.
    public typealias Changes = [RepositoryPath: RepositoryContent?]

    // MARK: Pushes without git

    /// Commits changes to a branch and tells the webhooks; no process is started.
    /// - Parameters:
    ///   - branch: made where there is none; nil for the default one.
    ///   - parent: anything but `.branch` rewrites the branch, as a force push does.
    @discardableResult
    public func push(
        _ changes: Changes, on branch: String? = nil, message: String = "Change",
        parent: RepositoryBuilder.Parent = .branch, by sender: String? = nil
    ) throws -> Push {
        try push(commits: [changes], on: branch, message: message, parent: parent, by: sender)
    }

    /// Commits one after the other, in one push.
    @discardableResult
    public func push(
        commits: [Changes], on branch: String? = nil, message: String = "Change",
        parent: RepositoryBuilder.Parent = .branch, by sender: String? = nil
    ) throws -> Push {
        let reference = "refs/heads/\(branch ?? info.defaultBranch)"
        return try announced.withLock { announced in
            let before = try references.id(reference)
            var head: String?
            switch parent {
            case .branch: head = before
            case .none: head = nil
            case .commit(let revision):
                head = try resolve(revision) ?? RepositoryBuilder(opening: path, branch: "").resolve(revision)
            }
            let base = head
            var made: [PushedCommit] = []
            for changes in commits {
                let commit = try commit(changes, message: message, parent: head)
                made.append(commit)
                head = commit.id
            }
            guard let after = head else {
                throw SimulatorError(code: .malformed, message: "a push needs a commit to point to")
            }
            try references.set(reference, to: after)
            announced[reference] = after
            let isForced = before != nil && base != before
            let push = Push(reference: reference, before: before ?? Self.noCommit, after: after)
            tell(push, commits: made, isForced: isForced, by: sender)
            return push
        }
    }

    private func commit(_ changes: Changes, message: String, parent: String?) throws -> PushedCommit {
        let tree = try parent.map { parent in
            guard let content = try objects.content(parent, of: .commit) else {
                throw SimulatorError(code: .malformed, message: "commit \(parent) is missing")
            }
            return CommitObject(parsing: content).tree
        }
        var editor = TreeEditor(objects: objects)
        let root = try editor.apply(changes, to: tree)
        var author = CommitObject.Person(parsing: RepositoryBuilder.author)
        author.seconds = world.clock.seconds
        let commit = CommitObject(tree: root, parents: parent.map { [$0] } ?? [], author: author, message: message)
        let id = try objects.write(.commit, commit.encoded)
        return PushedCommit(
            id: id, commit: commit, added: editor.added, removed: editor.removed, modified: editor.modified)
    }

    // MARK: References

    /// Points a branch to a commit, or with nil deletes it, and tells the webhooks.
    @discardableResult
    public func setBranch(_ name: String, to revision: String?, by sender: String? = nil) throws -> Push {
        try setReference("refs/heads/\(name)", to: revision, by: sender)
    }

    /// - Parameter reference: in full, as `refs/tags/v1`; nil for `revision` deletes it.
    @discardableResult
    public func setReference(_ reference: String, to revision: String?, by sender: String? = nil) throws -> Push {
        try announced.withLock { announced in
            let before = try references.id(reference)
            let after = try revision.map { try resolve($0) ?? builder.resolve($0) }
            try references.set(reference, to: after)
            announced[reference] = after
            let push = Push(
                reference: reference, before: before ?? Self.noCommit, after: after ?? Self.noCommit)
            if push.before != push.after { try tell(push, by: sender) }
            return push
        }
    }

    // MARK: Pushes by git

    /// Changes the repository with git; what has moved afterwards is told to the webhooks as one push a reference.
    @discardableResult
    public func update<R>(by sender: String? = nil, _ body: (RepositoryBuilder) throws -> R) throws -> R {
        let result = try body(builder)
        try announceMoves(by: sender)
        return result
    }

    /// Tells the webhooks what has moved since they last heard.
    @discardableResult
    func announceMoves(by sender: String? = nil) throws -> [Push] {
        try announced.withLock { announced in
            let now = try references.all()
            let pushes = Set(announced.keys).union(now.keys).sorted().compactMap { name -> Push? in
                guard announced[name] != now[name], name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/")
                else { return nil }
                return Push(
                    reference: name, before: announced[name] ?? Self.noCommit, after: now[name] ?? Self.noCommit)
            }
            announced = now
            // Too many at once, and GitHub says nothing.
            let tags = pushes.count { $0.reference.hasPrefix("refs/tags/") }
            let areTagsTold = tags <= world.limits.pushedTags
            let areBranchesTold = pushes.count - tags <= world.limits.pushedBranches
            for push in pushes where push.reference.hasPrefix("refs/tags/") ? areTagsTold : areBranchesTold {
                try tell(push, by: sender)
            }
            return pushes
        }
    }

    /// Takes what is there as known, without a word to anybody.
    func takeNote() throws {
        try announced.withLock { $0 = try references.all() }
    }

    // MARK: Telling

    private func tell(_ push: Push, by sender: String?) throws {
        guard isTold else { return }
        guard push.after != Self.noCommit else {
            tell(push, commits: [], isForced: false, by: sender)
            return
        }
        let isKnown = push.before != Self.noCommit
        // A new branch tells the commits that no other one has.
        let others = try references.all().filter { $0.key != push.reference && $0.key.hasPrefix("refs/heads/") }
        let commits = try PushedCommit.list(
            in: path, from: isKnown ? [push.before] : Array(Set(others.values)), to: push.after,
            limit: world.limits.pushedCommits)
        let isForced = try isKnown && !isAncestor(push.before, of: push.after)
        tell(push, commits: commits, isForced: isForced, by: sender)
    }

    private func tell(_ push: Push, commits: [PushedCommit], isForced: Bool, by sender: String?) {
        let now = world.clock.seconds
        change { $0.pushedAtSeconds = now }
        guard isTold else { return }
        world.tellPush(push, commits: commits, isForced: isForced, of: self, by: sender)
    }

    private func isAncestor(_ old: String, of new: String) throws -> Bool {
        do {
            _ = try builder.git(["merge-base", "--is-ancestor", old, new])
            return true
        } catch let error as SimulatorError where error.code == .git {
            return false
        }
    }
}
