extension RepositoryRequest {
    /// `commits`: newest first, in pages.
    func commits() throws -> RESTAnswer {
        if try isEmpty() { throw RESTFailure.emptyRepository }
        guard let start = try resolveCommit(call.query["sha"] ?? info.defaultBranch) else {
            throw RESTFailure.notFound()
        }
        let page = call.page()
        let ids = try lines(git(["rev-list", start]))
        let shown = ids.dropFirst((page.number - 1) * page.size).prefix(page.size)
        var answer = RESTAnswer.json(.array(try shown.map { .object(try listed($0)) }))
        if let links = call.pageLinks("\(numericAddress)/commits", page: page, total: ids.count) {
            answer.headers.append(("Link", links))
        }
        return answer
    }

    /// `commits/{reference}`: its id alone where that is asked for, else the commit with its files.
    func commit() throws -> RESTAnswer {
        let id = try commitID(path(from: 1))
        if call.accepts("sha") {
            return .raw(Array(id.utf8), type: "application/vnd.github.sha; charset=utf-8")
        }
        let commit = try commitObject(id)
        let all = try changedFiles(from: commit.parents.first, to: id)
        let page = call.page(limit: limits.comparedFiles, standard: limits.comparedFiles)
        let files = all.dropFirst((page.number - 1) * page.size).prefix(page.size)
        let (added, removed) = all.reduce((0, 0)) { ($0.0 + $1.additions, $0.1 + $1.deletions) }
        var answer = RESTAnswer.json(
            .object(
                try listed(id) + [
                    (
                        "stats",
                        [
                            "total": .integer(Int64(added + removed)), "additions": .integer(Int64(added)),
                            "deletions": .integer(Int64(removed)),
                        ]
                    ),
                    ("files", .array(files.map { rendered($0, at: id) })),
                ]), lastModified: commit.committer.seconds)
        if let links = call.pageLinks("\(numericAddress)/commits/\(id)", page: page, total: all.count) {
            answer.headers.append(("Link", links))
        }
        return answer
    }

    /// `git/commits/{id}`: what the object says.
    func gitCommit() throws -> RESTAnswer {
        let id = path(from: 2)
        let commit = try commitObject(id)
        let page = "\(renderer.webURL)/\(info.fullName)/commit"
        let parents = commit.parents.map { parent -> JSONValue in
            ["sha": .string(parent), "url": "\(address)/git/commits/\(parent)", "html_url": "\(page)/\(parent)"]
        }
        return .json(
            .object([
                ("sha", .string(id)), ("node_id", Renderer.nodeID("Commit", "\(info.id):\(id)")),
                ("html_url", "\(page)/\(id)"), ("parents", .array(parents)),
            ]).adding(renderer.detail(id, commit, in: info, isListed: false).members))
    }

    // MARK: Comparisons

    /// `compare/{base}...{head}`: what the head has that its merge base with the base has not.
    func comparison() throws -> RESTAnswer {
        let names = path(from: 1).split(separator: "...", maxSplits: 1).map(String.init)
        guard names.count == 2, let base = try resolveCommit(names[0]), let head = try resolveCommit(names[1]) else {
            throw RESTFailure.notFound()
        }
        guard let mergeBase = try mergeBase(base, head) else {
            throw RESTFailure.notFound("No common ancestor between \(names[0]) and \(names[1]).")
        }
        let counts = try lines(git(["rev-list", "--left-right", "--count", "\(base)...\(head)"]))
            .flatMap { $0.split(separator: "\t").compactMap { Int64($0) } }
        guard counts.count == 2 else { throw SimulatorError(code: .malformed, message: "git rev-list counted nothing") }
        let commits = try lines(git(["rev-list", "--reverse", "\(base)..\(head)"]))
        let isPaged = call.query["page"] != nil || call.query["per_page"] != nil
        let page = call.page(limit: limits.comparedCommits, standard: limits.comparedCommits)
        // Without paging the newest are told, oldest first.
        let shown =
            isPaged
            ? Array(commits.dropFirst((page.number - 1) * page.size).prefix(page.size))
            : Array(commits.suffix(limits.comparedCommits))
        let files = page.number == 1 ? try changedFiles(from: mergeBase, to: head).prefix(limits.comparedFiles) : []
        let status =
            counts[0] > 0 ? (counts[1] > 0 ? "diverged" : "behind") : (counts[1] > 0 ? "ahead" : "identical")
        let pages = "\(renderer.webURL)/\(info.fullName)/compare/"
        let spec = "\(names[0])...\(names[1])"
        let owner = info.owner.login
        var answer = RESTAnswer.json([
            "url": "\(address)/compare/\(spec)", "html_url": "\(pages)\(spec)",
            "permalink_url": "\(pages)\(owner):\(base.prefix(7))...\(owner):\(head.prefix(7))",
            "diff_url": "\(pages)\(spec).diff", "patch_url": "\(pages)\(spec).patch",
            "base_commit": .object(try listed(base)), "merge_base_commit": .object(try listed(mergeBase)),
            "status": .string(status), "ahead_by": .integer(counts[1]), "behind_by": .integer(counts[0]),
            "total_commits": .integer(Int64(commits.count)),
            "commits": .array(try shown.map { .object(try listed($0)) }),
            "files": .array(files.map { rendered($0, at: head) }),
        ])
        if isPaged,
            let links = call.pageLinks("\(numericAddress)/compare/\(spec)", page: page, total: commits.count)
        {
            answer.headers.append(("Link", links))
        }
        return answer
    }

    private func mergeBase(_ base: String, _ head: String) throws -> String? {
        do {
            return try lines(git(["merge-base", base, head])).first
        } catch let error as SimulatorError where error.code == .git {
            // It fails where there is none.
            return nil
        }
    }

    // MARK: Parts

    private func listed(_ id: String) throws -> [(key: String, value: JSONValue)] {
        let people = { (person: CommitObject.Person) in world.account(withEmail: person.email) }
        return renderer.commit(id, try commitObject(id), in: info, people: people)
    }

    private func lines(_ output: [UInt8]) -> [String] {
        output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
