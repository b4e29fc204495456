import Curl
import Events
import ProviderKit

/// The tokens of one user: each lives for eight hours, and comes with another one that is good for one renewal.
struct UserTokens: TokenSource {
    private let credential: StoredCredential
    private let store: any CredentialStore
    private let renewed = RenewedToken()

    /// Longer answers to a renewal are none.
    static let maximumAnswerByteCount = 1 << 20

    init(credential: StoredCredential, store: any CredentialStore) {
        self.credential = credential
        self.store = store
    }

    func token(_ client: RESTClient) async throws -> Secret {
        let (credential, store) = (credential, store)
        return try await renewed.token(now: client.settings.now()) { current in
            let kept = try Pair(try await store.secret(of: credential.id))
            let soon = client.settings.now().adding(seconds: RenewedToken.renewedAheadSeconds)
            if current == nil, credential.expiresAt.map({ $0 > soon }) ?? true {
                return RenewedToken.Token(secret: kept.access, expiresAt: credential.expiresAt)
            }
            guard let refresh = kept.refresh else {
                throw ProviderError.permanent(
                    .forbidden,
                    "the token of credential \(credential.id.rawValue) has run out and cannot be renewed: add a new one"
                )
            }
            let (pair, expiresAt) = try Self.renew(refresh, client)
            // Before it is used: the old one is no longer good for another renewal.
            try await store.replace(credential.id, with: pair.secret, expiresAt: expiresAt)
            return RenewedToken.Token(secret: pair.access, expiresAt: expiresAt)
        }
    }

    func replaceRefused(_ token: Secret) async -> Bool {
        await renewed.discard(token)
        return true
    }

    /// `POST /login/oauth/access_token` with `grant_type=refresh_token`.
    private static func renew(_ refresh: Secret, _ client: RESTClient) throws -> (Pair, Timestamp?) {
        let settings = client.settings
        var fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.revealText())]
        if let id = settings.clientID ?? settings.appID { fields.append(("client_id", id)) }
        if let secret = settings.clientSecret { fields.append(("client_secret", secret.revealText())) }
        let form = fields.map { "\($0)=\($1.percentEncodedValue)" }.joined(separator: "&")
        let url = try GitHubURL.page("/login/oauth/access_token", settings)
        var request = CurlRequest(.post(Array(form.utf8)), url)
        request.maxBodyBytes = maximumAnswerByteCount
        request.headers = [("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded")]
        let body = AnswerBody()
        let response = try client.sendApart(request, into: body)
        let answer = RESTAnswer(
            status: response.head.status, head: response.head, body: body, hasMoved: false,
            sent: [refresh, settings.clientSecret].compactMap(\.self))
        guard answer.isSuccess else {
            if answer.status >= 500 || answer.status == 429 {
                throw ProviderError.transient(.serverError, "GitHub answers \(answer.status) where a token is renewed")
            }
            throw answer.failure("user's token")
        }
        let json = try answer.json()
        // An error comes with the status 200.
        guard let access = json["access_token"]?.string, !access.isEmpty else {
            let known = ["bad_refresh_token", "incorrect_client_credentials", "unsupported_grant_type"]
            let reason = json["error"]?.string.flatMap { known.contains($0) ? " (\($0))" : nil } ?? ""
            throw ProviderError.permanent(
                .forbidden, "GitHub does not renew the user's token\(reason): the user has to authorise the App again")
        }
        let lifetime = json["expires_in"]?.int64.map { Double($0) }
        return (
            Pair(access: Secret(access), refresh: json["refresh_token"]?.string.map { Secret($0) } ?? refresh),
            lifetime.map { settings.now().adding(seconds: $0) }
        )
    }

    /// A user's token with the one that renews it, as the store keeps them: a line each.
    private struct Pair {
        var access: Secret
        var refresh: Secret?

        init(access: Secret, refresh: Secret?) {
            self.access = access
            self.refresh = refresh
        }

        init(_ stored: Secret) throws(ProviderError) {
            let lines = stored.reveal().split(separator: UInt8(ascii: "\n"))
            guard let access = lines.first else {
                throw .permanent(.forbidden, "the credential's secret is empty: add it again")
            }
            self.init(
                access: Secret(Array(access)), refresh: lines.dropFirst().first.map { Secret(Array($0)) })
        }

        var secret: Secret { Secret(access.reveal() + [UInt8(ascii: "\n")] + (refresh?.reveal() ?? [])) }
    }
}
