import FoundationEssentials
import Synchronization

extension World {
    /// `app…`, by an App's JSON web token, and `installation/repositories`, by an installation's.
    func routeApp(_ call: RESTCall) throws -> RESTAnswer {
        let segments = call.segments
        if segments == ["installation", "repositories"] { return try installationRepositories(call) }
        guard case .app(let id) = call.caller.principal, let app = access.withLock({ $0.apps[id] }) else {
            throw RESTFailure(401, "A JSON web token could not be decoded")
        }
        switch (call.method, segments.count) {
        case ("GET", 1) where segments[0] == "app":
            let count = access.withLock { $0.installations.values.count { $0.appID == id } }
            return .json(renderer.app(app, installations: count))
        case ("GET", 2) where segments[1] == "installations":
            let all = access.withLock { $0.installations.values.filter { $0.appID == id } }.sorted { $0.id < $1.id }
            return paged(call, all, at: "\(renderer.apiURL)/app/installations") {
                renderer.installation($0, world: self)
            }
        case ("GET", 3) where segments[1] == "installations":
            return .json(renderer.installation(try installation(segments[2], of: id), world: self))
        case ("POST", 4) where segments[1] == "installations" && segments[3] == "access_tokens":
            return try makeToken(call, try installation(segments[2], of: id))
        case ("GET", 3) where segments[1] == "hook" && segments[2] == "config":
            let hook = webhooks.hooks.first { $0.app == id }
            return .json([
                "content_type": "json", "insecure_ssl": "0", "secret": "********", "url": .string(hook?.url ?? ""),
            ])
        case (_, 3...) where segments[1] == "hook" && segments[2] == "deliveries":
            return try deliveries(call, of: id)
        default: throw RESTFailure.notFound()
        }
    }

    private func installation(_ text: String, of app: Int64) throws -> Installation {
        guard let id = Int64(text), let installation = access.withLock({ $0.installations[id] }),
            installation.appID == app
        else { throw RESTFailure.notFound() }
        return installation
    }

    /// A list in pages.
    func paged<Element>(_ call: RESTCall, _ all: [Element], at address: String, _ render: (Element) -> JSONValue)
        -> RESTAnswer
    {
        let page = call.page()
        let shown = all.dropFirst((page.number - 1) * page.size).prefix(page.size)
        var answer = RESTAnswer.json(.array(shown.map(render)))
        if let links = call.pageLinks(address, page: page, total: all.count) { answer.headers.append(("Link", links)) }
        return answer
    }

    // MARK: Tokens

    private struct TokenRequest: Decodable {
        var repositories: [String]?
        var repository_ids: [Int64]?
        var permissions: [String: String]?
    }

    private func makeToken(_ call: RESTCall, _ installation: Installation) throws -> RESTAnswer {
        if installation.isSuspended { throw RESTFailure.suspended }
        var wish = TokenRequest()
        if !call.body.isEmpty {
            do { wish = try JSONDecoder().decode(TokenRequest.self, from: Data(call.body)) } catch is DecodingError {
                throw RESTFailure(400, "Problems parsing JSON")
            }
        }
        if let permissions = wish.permissions, permissions.contains(where: { installation.permissions[$0.key] == nil })
        {
            throw RESTFailure.unprocessable("The permissions requested are not granted to this installation.")
        }
        let covered = directory.withLock { $0.repositories.values.map(\.info) }.filter(installation.covers)
        var repositories: Set<Int64>?
        if let names = wish.repositories { repositories = Set(covered.filter { names.contains($0.name) }.map(\.id)) }
        if let ids = wish.repository_ids {
            repositories = (repositories ?? []).union(ids.filter { id in covered.contains { $0.id == id } })
        }
        let wished = (wish.repositories?.count ?? 0) + (wish.repository_ids?.count ?? 0)
        if let repositories, repositories.count < wished {
            throw RESTFailure.unprocessable(
                "There is at least one repository that does not exist or is not accessible to the parent installation.")
        }
        let granted = wish.permissions.flatMap { $0.isEmpty ? nil : $0 } ?? installation.permissions
        let (token, expires) = makeToken(for: installation, repositories: repositories, permissions: granted)
        var members: [(key: String, value: JSONValue)] = [
            ("token", .string(token)), ("expires_at", .string(Timestamps.iso(expires))),
            ("permissions", renderer.permissions(granted)),
            ("repository_selection", installation.selected == nil && repositories == nil ? "all" : "selected"),
        ]
        if let repositories {
            members.append(
                (
                    "repositories",
                    .array(covered.filter { repositories.contains($0.id) }.map { renderer.repository($0, as: .listed) })
                ))
        }
        return .json(.object(members), status: 201)
    }

    func makeToken(
        for installation: Installation, repositories: Set<Int64>? = nil, permissions: [String: String]? = nil
    )
        -> (token: String, expiresAtSeconds: Int64)
    {
        let (token, expires) = (randomText("ghs_"), clock.seconds + limits.installationTokenSeconds)
        access.withLock {
            $0.tokens[token] = .init(
                principal: .installation(installation.id), expiresAtSeconds: expires, repositories: repositories,
                permissions: permissions ?? installation.permissions)
        }
        return (token, expires)
    }

    private func installationRepositories(_ call: RESTCall) throws -> RESTAnswer {
        guard case .installation(let id) = call.caller.principal,
            let installation = access.withLock({ $0.installations[id] })
        else {
            throw RESTFailure(
                403,
                "You must authenticate with an installation access token in order to list repositories for an installation."
            )
        }
        let all = directory.withLock { $0.repositories.values.map(\.info) }.sorted { $0.id < $1.id }.filter {
            installation.covers($0) && call.caller.repositories?.contains($0.id) ?? true
        }
        let page = call.page()
        let shown = all.dropFirst((page.number - 1) * page.size).prefix(page.size)
        var answer = RESTAnswer.json([
            "total_count": .integer(Int64(all.count)),
            "repository_selection": installation.selected == nil ? "all" : "selected",
            "repositories": .array(shown.map { renderer.repository($0, as: .listed) }),
        ])
        if let links = call.pageLinks("\(renderer.apiURL)/installation/repositories", page: page, total: all.count) {
            answer.headers.append(("Link", links))
        }
        return answer
    }

    /// `repos/{owner}/{name}/installation`: which installation of the asking App covers a repository.
    func repositoryInstallation(_ call: RESTCall, _ info: RepositoryInfo) throws -> RESTAnswer {
        guard case .app(let id) = call.caller.principal else { throw RESTFailure.undecodableWebToken }
        guard let found = access.withLock({ $0.installation(of: id, for: info) }) else { throw RESTFailure.notFound() }
        return .json(renderer.installation(found, world: self))
    }
}
