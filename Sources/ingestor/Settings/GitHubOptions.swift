import Events
import GitHub
import ProviderKit

/// The settings that are about GitHub.
struct GitHubOptions: Sendable {
    var apiURL = "https://api.github.com"
    var gitURL = "https://github.com"
    /// Each may have signed a webhook: one at a time is enough until it is to be changed.
    var webhookSecrets: [Secret] = []
    var token: Secret?
    var appID: String?
    var appPrivateKey: Secret?
    var clientID: String?
    var clientSecret: Secret?
    var transport = GitHubSettings.Transport.automatic

    init() {}

    /// - Throws: ``CommandError`` (usage) that names the setting, and no secret.
    init(_ source: SettingsSource) throws {
        if let url = try Self.url(.githubApiUrl, source) { apiURL = url }
        if let url = try Self.url(.githubGitUrl, source) { gitURL = url }
        webhookSecrets = try source.secrets(.githubWebhookSecret).map { value in
            guard !value.text.isEmpty else { throw value.refused("a secret that is not empty") }
            return Secret(value.text)
        }
        token = try source.secret(.githubToken).map { Secret($0.text) }
        appID = try source.string(.githubAppId)?.text
        appPrivateKey = try source.secret(.githubPrivateKey).map { Secret($0.text) }
        clientID = try source.string(.githubClientId)?.text
        clientSecret = try source.secret(.githubClientSecret).map { Secret($0.text) }
        if let value = try source.string(.githubTransport) {
            guard let transport = GitHubSettings.Transport(rawValue: value.text) else {
                throw value.refused(GitHubSettings.Transport.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self.transport = transport
        }
        guard (appID == nil) == (appPrivateKey == nil) else {
            throw CommandError.usage(
                "a GitHub App needs both \(SettingKey.githubAppId.environmentName) and "
                    + SettingKey.githubPrivateKey.environmentName)
        }
    }

    func providerSettings(now: @escaping @Sendable () -> Timestamp) -> GitHubSettings {
        var settings = GitHubSettings(now: now)
        settings.apiURL = apiURL
        settings.gitURL = gitURL
        settings.appID = appID
        settings.appPrivateKey = appPrivateKey
        settings.clientID = clientID
        settings.clientSecret = clientSecret
        settings.token = token
        settings.transport = transport
        return settings
    }

    private static func url(_ key: SettingKey, _ source: SettingsSource) throws -> String? {
        guard let value = try source.string(key) else { return nil }
        guard value.text.hasPrefix("https://") || value.text.hasPrefix("http://") else {
            throw value.refused("an http or https URL")
        }
        return value.text.hasSuffix("/") ? String(value.text.dropLast()) : value.text
    }
}
