import Events
import Hummingbird
import Ingest
import Projections
import ProviderKit
import Queries

/// Tells who sends a request, and counts how many somebody sends.
struct Authenticator: Sendable {
    /// Nil: nobody is let in.
    private let backend: APIBackend?
    private let rates: RequestRates
    private let sessions: Sessions?
    private let guesses: GuessGuard

    /// Longer ones are no tokens, and are not hashed.
    static let maximumTokenByteCount = 1024

    init(_ backend: APIBackend?, rates: RequestRates, sessions: Sessions?) {
        self.backend = backend
        self.rates = rates
        self.sessions = sessions
        if let backend {
            guesses = GuessGuard(now: backend.now)
        } else {
            guesses = GuessGuard(now: { Timestamp(microseconds: 0) })
        }
    }

    /// The hash of the administrator's token, as of now; nil: there is none.
    private var administrator: SHA256Hash? { backend?.administrator }

    /// Who sends a request to a route.
    ///
    /// - Throws: `Problem` where the route is not for that sender, or for nobody at all.
    func admit(_ request: Request, to route: Route) throws -> Caller {
        switch route.access {
        case .open: return .nobody
        case .token: return try counted(try bearer(request))
        case .session:
            if let header = request.headers[.authorization], !header.isEmpty { return try counted(try bearer(request)) }
            guard let session = sessions?.session(of: request), try isValid(session.caller) else { return .nobody }
            return try counted(session.caller)
        }
    }

    private func bearer(_ request: Request) throws -> Caller {
        guard let header = request.headers[.authorization] else { throw try refusal(.missingToken) }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw try refusal(.missingToken) }
        let token = parts[1].trimmingWhitespace()
        // What is too long is no token, and is told from one by its length alone.
        let hash = AccessToken.hash(Array(token.utf8.prefix(Self.maximumTokenByteCount)))
        if let wait = guesses.wait(hash) {
            throw Problem(
                status: .tooManyRequests, code: "tooManyRequests", detail: "too many wrong tokens were shown here",
                retryAfterSeconds: max(1, Int(wait.rounded(.up))))
        }
        let caller = try self.caller(token: token)
        guesses.shown(hash, isGood: caller != nil)
        guard let caller else { throw try refusal(.wrongToken) }
        return caller
    }

    /// Whose token that is; nil where it is nobody's.
    func caller(token: String) throws -> Caller? {
        guard let backend, !token.isEmpty, token.utf8.count <= Self.maximumTokenByteCount else { return nil }
        // Only hashes are compared, so that the time it takes tells nothing of the token.
        let hash = AccessToken.hash(Array(token.utf8))
        if let administrator, AccessToken.areEqual(hash, administrator) { return .administrator }
        guard let access = try backend.queries(.everything).access(hash) else { return nil }
        return .tenant(access.tenant.id, token: access.token.id)
    }

    /// Whether an access that was shown before still is one.
    func isValid(_ caller: Caller) throws -> Bool {
        switch caller {
        case .nobody: false
        case .administrator: administrator != nil
        case .tenant(let tenant, let token):
            try backend?.queries(.tenant(tenant)).tokens().contains { $0.id == token } ?? false
        }
    }

    /// While there is no token at all nobody is told that theirs is wrong.
    private func refusal(_ problem: Problem) throws -> Problem {
        let isOpen = try administrator != nil || backend?.queries(.everything).hasTokens() ?? false
        return isOpen ? problem : .noTokens
    }

    private func counted(_ caller: Caller) throws -> Caller {
        try rates.take(caller)
        if case .tenant(let id, _) = caller,
            let perMinute = try backend?.queries(.tenant(id)).tenant?.limits.requestsPerMinute
        {
            try rates.take(id, perMinute: perMinute)
        }
        return caller
    }
}
