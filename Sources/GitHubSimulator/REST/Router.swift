import Synchronization

extension World {
    /// Finds who answers a request.
    func route(_ call: RESTCall) throws -> RESTAnswer {
        let segments = call.segments
        switch segments.first {
        case nil where call.method == "GET": return .json(renderer.root)
        case "zen": return .raw(Array("Keep it logically awesome.".utf8), type: "text/plain;charset=utf-8")
        case "app", "installation": return try routeApp(call)
        case "user", "users", "orgs": return try routeAccount(call)
        case "repos" where segments.count >= 3:
            let name = "\(segments[1])/\(segments[2])"
            switch directory.withLock({ $0.entry(name) }) {
            case .here(let repository): return try routeRepository(call, repository, from: 3)
            case .moved(let repository):
                guard mayFollow(call.caller, repository.info) else { throw RESTFailure.notFound() }
                return movedAnswer(call, repository)
            case .none: throw RESTFailure.notFound()
            }
        case "repositories" where segments.count >= 2:
            guard let id = Int64(segments[1]), let repository = directory.withLock({ $0.repositories[id] }) else {
                throw RESTFailure.notFound()
            }
            return try routeRepository(call, repository, from: 2)
        default: throw RESTFailure.notFound()
        }
    }

    /// Whether someone may learn where a repository is now: an App too, where it is installed.
    private func mayFollow(_ caller: Caller, _ info: RepositoryInfo) -> Bool {
        if case .app(let id) = caller.principal, access.withLock({ $0.installation(of: id, for: info) }) != nil {
            return true
        }
        return mayRead(caller, info)
    }

    /// Sends the client on to the number, which stays: 301, or 307 where the method has to stay too.
    private func movedAnswer(_ call: RESTCall, _ repository: HostedRepository) -> RESTAnswer {
        // As they came: what was percent-encoded stays so.
        let raw = call.call.target.prefix { $0 != "?" }.dropFirst(GitHubServer.apiPath.count)
        let rest = raw.split(separator: "/").dropFirst(3).map { "/\($0)" }.joined()
        let query = call.call.query.isEmpty ? "" : "?\(call.call.query)"
        let address = "\(renderer.apiURL)/repositories/\(repository.id)\(rest)\(query)"
        var failure = RESTFailure(
            ["GET", "HEAD"].contains(call.method) ? 301 : 307, "Moved Permanently",
            documentation: "https://docs.github.com/v3/#http-redirects")
        failure.members = [("url", .string(address))]
        failure.headers = [("Location", address)]
        return failure.answer
    }

    private func routeRepository(_ call: RESTCall, _ repository: HostedRepository, from index: Int) throws -> RESTAnswer
    {
        let info = repository.info
        let rest = Array(call.segments.dropFirst(index))
        if rest == ["installation"] { return try repositoryInstallation(call, info) }
        guard mayRead(call.caller, info) else { throw RESTFailure.notFound() }
        if let block = info.block { throw RESTFailure.blocked(block) }
        let request = RepositoryRequest(call: call, repository: repository, info: info, index: index, world: self)
        if rest.isEmpty {
            guard call.method == "GET" else { throw RESTFailure.notFound() }
            return .json(
                renderer.repository(info, as: .answer(permissions: permissions(call.caller, info))),
                lastModified: info.updatedAtSeconds)
        }
        if let granted = call.caller.permissions, granted["contents"] == nil {
            throw RESTFailure(403, "Resource not accessible by integration")
        }
        guard call.method == "GET" else { throw RESTFailure.notFound() }
        switch (rest[0], rest.count) {
        case ("commits", 1): return try request.commits()
        case ("commits", 2...): return try request.commit()
        case ("compare", 2...): return try request.comparison()
        case ("contents", 1...): return try request.contents()
        case ("branches", 1): return try request.branches()
        case ("branches", 2...): return try request.branch()
        case ("git", 3...):
            switch rest[1] {
            case "trees": return try request.tree()
            case "blobs" where rest.count == 3: return try request.blob()
            case "commits" where rest.count == 3: return try request.gitCommit()
            case "ref": return try request.reference()
            case "refs", "matching-refs": return try request.references()
            default: throw RESTFailure.notFound()
            }
        case ("git", 2) where rest[1] == "refs": return try request.references()
        default: throw RESTFailure.notFound()
        }
    }

    private func permissions(_ caller: Caller, _ info: RepositoryInfo) -> JSONValue? {
        guard case .user(let login) = caller.principal else {
            return caller.principal == .anonymous
                ? nil : ["admin": false, "maintain": false, "push": false, "triage": false, "pull": true]
        }
        let isOwner = login.lowercased() == info.owner.login.lowercased()
        return [
            "admin": .bool(isOwner), "maintain": .bool(isOwner), "push": .bool(isOwner), "triage": .bool(isOwner),
            "pull": true,
        ]
    }
}

/// A request below one repository's path.
struct RepositoryRequest: Sendable {
    let call: RESTCall
    let repository: HostedRepository
    let info: RepositoryInfo
    /// Where the path below the repository begins.
    let index: Int
    let world: World

    var renderer: Renderer { world.renderer }
    var objects: ObjectStore { repository.objects }
    var limits: Limits { world.limits }

    /// The repository's own address, by its name.
    var address: String { "\(renderer.apiURL)/repos/\(info.fullName)" }
    /// By its number, as in links to further pages.
    var numericAddress: String { "\(renderer.apiURL)/repositories/\(info.id)" }

    /// The path from a segment below the repository's on.
    func path(from offset: Int) -> String { call.path(from: index + offset) }

    /// Whether there is no commit yet.
    func isEmpty() throws -> Bool { try repository.references.all().isEmpty }

    /// The commit that a branch, a tag or an id names.
    func resolveCommit(_ name: String) throws -> String? {
        guard let id = try repository.resolve(name), let (peeled, object) = try objects.peeled(id),
            object.kind == .commit
        else { return nil }
        return peeled
    }

    /// The same, failing as GitHub does.
    func commitID(_ name: String) throws -> String {
        if let id = try resolveCommit(name) { return id }
        if try isEmpty() { throw RESTFailure.emptyRepository }
        throw RESTFailure.unprocessable("No commit found for SHA: \(name)")
    }

    func commitObject(_ id: String) throws -> CommitObject {
        guard let content = try objects.content(id, of: .commit) else { throw RESTFailure.notFound() }
        return CommitObject(parsing: content)
    }

    /// What git says of the repository.
    func git(_ arguments: [String]) throws -> [UInt8] {
        try GitCommand.run(arguments.map { Array($0.utf8) }, in: repository.path)
    }
}
