import Directory
import Events
import Git
import GitHub
import Ingest
import Projections
import ProviderKit
import State

/// The kinds of sources that this program can read.
struct Providers: Sendable {
    let all: [any Provider]
    let gitHub: GitHubProvider
    let git: GitProvider

    /// - Parameters:
    ///   - credentials: the access that tenants have given.
    ///   - isDefaultTenant: whether the settings' own access is for that tenant.
    init(
        _ settings: Settings, credentials: any CredentialStore = NoCredentials(),
        isDefaultTenant: @escaping @Sendable (TenantID) -> Bool = { _ in false }
    ) {
        var gitHubSettings = GitHubSettings(now: { Context.now() })
        gitHubSettings.apiURL = settings.gitHub.apiURL
        gitHubSettings.gitURL = settings.gitHub.gitURL
        gitHubSettings.identity = settings.gitHub.identity
        gitHubSettings.transport = settings.gitHub.transport
        gitHubSettings.certificateFile = settings.caFile
        gitHubSettings.proxy = settings.proxy
        gitHubSettings.isDefaultTenant = isDefaultTenant
        gitHubSettings.allowsPrivateAddresses = settings.allowsPrivateAddresses ?? false
        gitHub = GitHubProvider(settings: gitHubSettings, credentials: credentials)
        git = GitProvider(settings: Self.gitSettings(settings))
        all = [gitHub, git, DirectoryProvider()]
    }

    /// What sources have said of their limits is kept to, though another process heard it.
    func restoreLimits(_ state: StateStore) throws {
        for row in try state.read({ view in try view.rateLimits() }) {
            gitHub.ledger.restore(row.quota, row.limit, pausedUntil: row.retryAt)
        }
    }

    /// Until when a limit lets nothing through that a source's last credential would be asked for.
    func pause(of row: RepositoryRow, for reason: SyncReason, at now: Timestamp) -> LimitPause? {
        all.first { $0.name == row.locator.provider }?.pause(of: row.quota, for: reason, at: now)
    }

    private static func gitSettings(_ settings: Settings) -> GitSettings {
        var result = GitSettings(now: { Context.now() })
        result.certificateFile = settings.caFile
        result.proxy = settings.proxy
        result.allowsPrivateAddresses = settings.allowsPrivateAddresses
        return result
    }

    /// The locator in an argument, with the path of a `dir:` as whoever asked means it.
    ///
    /// - Throws: ``CommandError`` (usage) where it is none.
    func locator(_ bytes: [UInt8], _ context: Context) throws(CommandError) -> Locator {
        let known = all.map { "\($0.name):" }.joined(separator: " or ")
        guard let locator = Locator(bytes) else {
            throw CommandError.usage(
                "\(Printable.source(bytes)) is no locator: it begins with \(known), such as github:owner/name, git:https://example.org/project.git or dir:/srv/code"
            )
        }
        guard all.contains(where: { $0.name == locator.provider }) else {
            let likely =
                Spelling.nearest(to: locator.provider, in: all.map(\.name)).map { "did you mean \($0):? " } ?? ""
            throw CommandError.usage(
                "\(Printable.source(bytes)): there is no provider \(Printable.text(locator.provider)): \(likely)A locator begins with \(known)"
            )
        }
        guard locator.provider == "dir" else { return locator }
        return Locator(provider: locator.provider, source: context.absolute(locator.source))
    }

    /// Forms in which a locator may be kept: as it is, and as its provider would keep it now. A directory that is gone has no
    /// such form any more, and is known all the same.
    func candidates(_ locator: Locator) -> [Locator] {
        guard let provider = all.first(where: { $0.name == locator.provider }) else { return [locator] }
        do {
            let normal = try provider.normalize(locator)
            return normal == locator ? [locator] : [normal, locator]
        } catch {
            return [locator]
        }
    }
}
