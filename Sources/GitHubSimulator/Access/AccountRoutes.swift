import Synchronization

extension World {
    /// `user`, `users/…` and `orgs/…`.
    func routeAccount(_ call: RESTCall) throws -> RESTAnswer {
        let segments = call.segments
        guard call.method == "GET" else { throw RESTFailure.notFound() }
        if segments[0] == "user" {
            guard case .user(let login) = call.caller.principal else {
                if call.caller.principal == .anonymous { throw RESTFailure(401, "Requires authentication") }
                throw RESTFailure(403, "Resource not accessible by integration")
            }
            switch segments.count {
            case 1: return .json(profile(account(login)))
            case 2 where segments[1] == "repos":
                return list(call) { $0.owner.login == login || $0.collaborators.contains(login) }
            default: throw RESTFailure.notFound()
            }
        }
        guard segments.count >= 2, let account = directory.withLock({ $0.knownAccount(segments[1]) }),
            segments[0] == "users" || account.isOrganization
        else { throw RESTFailure.notFound() }
        switch segments.count {
        case 2: return .json(profile(account))
        case 3 where segments[2] == "repos": return list(call) { $0.owner.login == account.login }
        case 3 where segments[2] == "installation":
            guard case .app(let id) = call.caller.principal else { throw RESTFailure.undecodableWebToken }
            let found = access.withLock {
                $0.installations.values.first { $0.appID == id && $0.account.login == account.login }
            }
            guard let found else { throw RESTFailure.notFound() }
            return .json(renderer.installation(found, world: self))
        default: throw RESTFailure.notFound()
        }
    }

    private func profile(_ account: Account) -> JSONValue {
        renderer.account(account).adding([
            ("name", .string(account.login)), ("company", nil), ("blog", ""), ("location", nil), ("email", nil),
            ("hireable", nil), ("bio", nil), ("twitter_username", nil), ("public_repos", 0), ("public_gists", 0),
            ("followers", 0), ("following", 0), ("created_at", "2019-05-15T15:19:25Z"),
            ("updated_at", "2019-05-15T15:19:25Z"),
        ])
    }

    private func list(_ call: RESTCall, _ isListed: (RepositoryInfo) -> Bool) -> RESTAnswer {
        let all = directory.withLock { $0.repositories.values.map(\.info) }.sorted { $0.id < $1.id }.filter {
            isListed($0) && mayRead(call.caller, $0)
        }
        let address = "\(renderer.apiURL)/\(call.segments.joined(separator: "/"))"
        return paged(call, all, at: address) { renderer.repository($0, as: .listed) }
    }
}
