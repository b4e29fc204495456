import OpenSSL
import Synchronization

/// A request's sender, and what it shows for that.
struct Caller: Sendable {
    var principal: Principal
    /// What ETags depend on: empty for nobody.
    var token = ""
    var tokenExpiresAtSeconds: Int64?
    /// Only these repositories, by number; nil for all that the principal may read.
    var repositories: Set<Int64>?
    var permissions: [String: String]?
}

extension World {
    /// - Parameter authorization: `token T`, `Bearer T` or `Basic …` with the token as password (or as user).
    /// - Throws: `RESTFailure` 401 where the token is unknown, expired or taken back.
    func authenticate(_ authorization: String?) throws -> Caller {
        guard let authorization else { return Caller(principal: .anonymous) }
        let words = authorization.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2 else { throw RESTFailure.badCredentials }
        switch words[0].lowercased() {
        case "token": return try caller(words[1])
        case "bearer":
            if words[1].contains(".") { return try appCaller(words[1]) }
            return try caller(words[1])
        case "basic":
            guard let bytes = Base64.decoded(words[1]) else { throw RESTFailure.badCredentials }
            let pair = String(decoding: bytes, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let password = pair.count > 1 ? pair[1] : ""
            return try caller(String(password.isEmpty || password == "x-oauth-basic" ? pair[0] : password))
        default: throw RESTFailure.badCredentials
        }
    }

    private func caller(_ text: String) throws -> Caller {
        let now = clock.seconds
        return try access.withLock { access in
            guard let token = access.tokens[text], token.expiresAtSeconds.map({ $0 > now }) ?? true else {
                throw RESTFailure.badCredentials
            }
            if case .installation(let id) = token.principal {
                guard let installation = access.installations[id] else { throw RESTFailure.badCredentials }
                if installation.isSuspended { throw RESTFailure.suspended }
            }
            return Caller(
                principal: token.principal, token: text, tokenExpiresAtSeconds: token.expiresAtSeconds,
                repositories: token.repositories, permissions: token.permissions)
        }
    }

    private func appCaller(_ text: String) throws -> Caller {
        let now = clock.seconds
        let token = try JSONWebToken(parsing: text)
        let app = try access.withLock { access in
            guard
                let app = access.apps.values.first(where: {
                    String($0.id) == token.issuer || $0.clientID == token.issuer
                }),
                let key = access.keys[app.id]
            else { throw RESTFailure.notFound("Integration not found") }
            guard key.verifySHA256(token.signature, of: token.signed) else { throw RESTFailure.undecodableWebToken }
            return app
        }
        try token.check(now: now, limitSeconds: limits.webTokenSeconds)
        return Caller(principal: .app(app.id), token: text)
    }

    /// Whether a repository may be read.
    func mayRead(_ caller: Caller, _ repository: RepositoryInfo) -> Bool {
        if !repository.isPrivate { return true }
        if let allowed = caller.repositories, !allowed.contains(repository.id) { return false }
        return access.withLock { $0.mayRead(caller.principal, repository) }
    }
}
