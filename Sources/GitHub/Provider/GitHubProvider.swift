public import Events
public import ProviderKit

/// The provider of `github:owner/name`: repositories on GitHub or a GitHub Enterprise Server, read with Git over HTTPS or
/// over REST.
public struct GitHubProvider: Provider {
    private let live: LiveSettings
    var settings: GitHubSettings { live.current }
    let book: CredentialBook
    let pool: ConnectionPool
    /// What each credential may still ask.
    public let ledger: QuotaLedger

    /// - Parameter credentials: what tenants gave to read with, beside what the settings say.
    public init(settings: GitHubSettings, credentials: any CredentialStore = NoCredentials()) {
        live = LiveSettings(settings)
        book = CredentialBook(settings: live, store: credentials)
        pool = ConnectionPool(settings)
        ledger = QuotaLedger(limits: settings.quotaLimits)
    }

    /// From now on this program is somebody else to GitHub; requests under way end as who they were.
    public func become(_ identity: GitHubIdentity) {
        if live.take(identity) { book.forgetAll() }
    }

    public let name = RepositoryName.provider
    public let capabilities: ProviderCapabilities = [.incremental, .push, .listsIdentifiers]

    public func normalize(_ locator: Locator) throws -> Locator { try RepositoryName(locator).locator }

    public func session(with source: Source) throws -> any ProviderSession {
        GitHubSession(
            source: source, repository: try RepositoryName(source.locator.withoutNumber), settings: settings,
            book: book,
            ledger: ledger,
            client: RESTClient(
                settings: settings, ledger: ledger, pool: pool, isUrgent: Self.isUrgent(source.reason)))
    }

    public func quotas(of tenant: TenantID, for locator: Locator) async throws -> [String] {
        try await book.quotas(of: tenant, to: RepositoryName(locator.withoutNumber))
    }

    public func pause(of quota: String, for reason: SyncReason, at now: Timestamp) -> LimitPause? {
        ledger.pause(of: quota, isUrgent: Self.isUrgent(reason), over: settings.transport, at: now)
    }

    /// May use what is kept of the primary limit: what nothing but the time asks for may not.
    private static func isUrgent(_ reason: SyncReason) -> Bool { reason != .schedule }

    /// Finds webhooks that were sent and did not arrive; nil where the settings name no App.
    public var deliveryAudit: (any DeliveryAudit)? {
        guard settings.appID != nil, settings.appPrivateKey != nil else { return nil }
        let (settings, ledger, pool) = (settings, ledger, pool)
        return GitHubDeliveryAudit(settings: settings, book: book) {
            RESTClient(settings: settings, ledger: ledger, pool: pool, isUrgent: false)
        }
    }
}
