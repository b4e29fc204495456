import Events
import ProviderKit

/// Who asks: the credential, and the name under which its quota is kept.
struct Access: Sendable {
    /// Names the credential without telling it.
    let quota: String
    private let tokens: (any TokenSource)?

    /// Nobody: what anybody may read.
    static let anonymous = Access(quota: "github:anonymous", tokens: nil)

    init(quota: String, tokens: (any TokenSource)?) {
        self.quota = quota
        self.tokens = tokens
    }

    var isAnonymous: Bool { tokens == nil }

    /// The token to send; nil for nobody.
    ///
    /// - Parameter client: carries out what getting one takes.
    func token(_ client: RESTClient) async throws -> Secret? { try await tokens?.token(client) }

    /// What getting a token would be counted in, where there is none that is good; nil: nobody is asked for one.
    func renewal(at now: Timestamp) async -> String? { await tokens?.renewal(at: now) }

    /// GitHub refused the token.
    ///
    /// - Returns: whether there is another one to try.
    func replaceRefused(_ token: Secret?) async -> Bool {
        guard let tokens, let token else { return false }
        return await tokens.replaceRefused(token)
    }
}

/// Gives a token that is good at this moment.
protocol TokenSource: Sendable {
    func token(_ client: RESTClient) async throws -> Secret

    /// GitHub refused it.
    ///
    /// - Returns: whether asking again gives another one.
    func replaceRefused(_ token: Secret) async -> Bool

    /// The quota that getting a token is counted in, where one has to be got.
    func renewal(at now: Timestamp) async -> String?
}

extension TokenSource {
    func renewal(at now: Timestamp) async -> String? { nil }
}

/// A token that is as it is until somebody replaces it.
struct FixedToken: TokenSource {
    let secret: Secret

    func token(_ client: RESTClient) async throws -> Secret { secret }

    func replaceRefused(_ token: Secret) async -> Bool { false }
}
