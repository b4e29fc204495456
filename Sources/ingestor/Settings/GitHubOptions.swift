import Events
import GitHub
import ProviderKit

/// The settings that are about GitHub.
struct GitHubOptions: Sendable {
    var apiURL: String
    var gitURL: String
    /// Each may have signed a webhook: one at a time is enough until it is to be changed.
    var webhookSecrets: [Secret]
    var transport: GitHubSettings.Transport
    /// Who the settings say that this program is to GitHub.
    var identity: GitHubIdentity

    init(_ resolved: ResolvedSettings) throws {
        apiURL = Self.withoutSlash(try resolved.required(.githubApiUrl))
        gitURL = Self.withoutSlash(try resolved.required(.githubGitUrl))
        webhookSecrets = (resolved.given[.githubWebhookSecret] ?? []).map { Secret($0.text) }
        transport = GitHubSettings.Transport(rawValue: try resolved.required(.githubTransport)) ?? .automatic
        identity = GitHubIdentity()
        identity.token = resolved.text(.githubToken).map { Secret($0) }
        identity.appID = resolved.text(.githubAppId)
        identity.appPrivateKey = resolved.text(.githubPrivateKey).map { Secret($0) }
        identity.clientID = resolved.text(.githubClientId)
        identity.clientSecret = resolved.text(.githubClientSecret).map { Secret($0) }
    }

    private static func withoutSlash(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
}
