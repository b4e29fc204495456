import Curl
import ProviderKit

/// Addresses below the Git server's URL.
enum GitHubURL {
    /// What Git clones.
    static func git(_ repository: RepositoryName, _ settings: GitHubSettings) -> String {
        "\(base(settings))/\(repository).git"
    }

    /// - Parameter path: with its slash, percent-encoded.
    /// - Throws: ``ProviderError`` where the settings' URL cannot be read.
    static func page(_ path: String, _ settings: GitHubSettings) throws(ProviderError) -> HTTPURL {
        do {
            return try HTTPURL(base(settings) + path)
        } catch {
            throw .permanent(.invalidLocator, "INGESTOR_GITHUB_GIT_URL is not usable: \(error.message)")
        }
    }

    private static func base(_ settings: GitHubSettings) -> Substring {
        var base = settings.gitURL[...]
        while base.last == "/" { base.removeLast() }
        return base
    }
}
