import Events
import ProviderKit

/// The tokens of one installation of the App: each lives for an hour, and is asked for with the App's own.
struct InstallationTokens: TokenSource {
    let installation: UInt64
    let app: Access
    private let isGone: @Sendable () -> Void
    private let renewed = RenewedToken()

    /// The longest that a token is used where an answer does not say when it ends.
    static let assumedLifetimeSeconds = 1800.0

    /// - Parameter isGone: is called where GitHub has no such installation any more.
    init(installation: UInt64, app: Access, isGone: @escaping @Sendable () -> Void = {}) {
        self.isGone = isGone
        self.installation = installation
        self.app = app
    }

    func token(_ client: RESTClient) async throws -> Secret {
        let (path, app, isGone) = ("/app/installations/\(installation)/access_tokens", app, isGone)
        let now = client.settings.now()
        return try await renewed.token(now: now) { _ in
            var request = RESTRequest(path)
            request.body = Array("{}".utf8)
            let answer = try await client.send(request, as: app)
            guard answer.status != 404 else {
                isGone()
                throw ProviderError.transient(
                    .forbidden, "the App's installation is gone: another one is looked for at the next try")
            }
            guard answer.isSuccess else {
                throw answer.failure("installation of the App")
            }
            let json = try answer.json(["token": .everything, "expires_at": .everything])
            guard let token = json["token"]?.string, !token.isEmpty else {
                throw ProviderError.transient(.malformed, "GitHub gives no token for the App's installation")
            }
            let end = json["expires_at"]?.string.flatMap { Timestamp(rfc3339: $0) }
            return RenewedToken.Token(
                secret: Secret(token), expiresAt: end ?? now.adding(seconds: Self.assumedLifetimeSeconds))
        }
    }

    func renewal(at now: Timestamp) async -> String? { await renewed.isUsable(at: now) ? nil : app.quota }

    func replaceRefused(_ token: Secret) async -> Bool {
        await renewed.discard(token)
        return true
    }
}
