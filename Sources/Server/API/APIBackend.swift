public import Events
public import Ingest
public import Projections
public import ProviderKit
public import Queries

/// What the HTTP API and the dashboard stand on.
public struct APIBackend: Sendable {
    /// Carries out what changes something.
    public var engine: Engine
    /// What somebody who was let in may see.
    public var queries: @Sendable (Viewer) throws -> Queries
    /// Gives access to everything, as of now; nil: there is no administrator.
    public var adminToken: @Sendable () -> Secret?
    /// Signs the first browser that shows it in as the administrator; nil: there is none.
    public var oneTimeCode: OneTimeCode?
    /// The names of the providers that there are.
    public var providers: [String]
    /// Whether a source lies on this machine or in a network of its own, so that it is for the administrator alone to add. May
    /// wait for the resolver.
    public var isLocal: @Sendable (Locator) -> Bool
    /// Until when a limit lets nothing through that is done for that reason, as far as the source's provider knows.
    public var pause: @Sendable (RepositoryRow, SyncReason, Timestamp) -> LimitPause?
    /// The newest checkpoint of the log, as the command gives it; nil: none is signed here.
    public var checkpoint: (@Sendable () async throws -> Forms.Fields)?
    /// What whoever works off what is due is doing, and how many syncs may be under way at once.
    public var schedule: @Sendable () -> SchedulerStatus
    public var concurrency: Int
    /// How it went when the configuration was read again.
    public var reloads: @Sendable () -> ConfigurationReloads = { ConfigurationReloads() }
    /// What an event says, in half a line.
    public var summary: @Sendable (Event) -> String
    public var now: @Sendable () -> Timestamp
    /// So many random bytes.
    public var random: @Sendable (Int) throws -> [UInt8]
    /// Where what blocks runs; nil: where the caller runs.
    public var executor: (any TaskExecutor)?

    public init(
        engine: Engine, queries: @escaping @Sendable (Viewer) throws -> Queries, adminToken: Secret? = nil,
        oneTimeCode: OneTimeCode? = nil,
        providers: [String],
        isLocal: @escaping @Sendable (Locator) -> Bool = { _ in false },
        pause: @escaping @Sendable (RepositoryRow, SyncReason, Timestamp) -> LimitPause? = { _, _, _ in nil },
        checkpoint: (@Sendable () async throws -> Forms.Fields)? = nil,
        schedule: @escaping @Sendable () -> SchedulerStatus = { SchedulerStatus() }, concurrency: Int = 1,
        summary: @escaping @Sendable (Event) -> String = { _ in "" }, now: @escaping @Sendable () -> Timestamp,
        random: @escaping @Sendable (Int) throws -> [UInt8], executor: (any TaskExecutor)? = nil
    ) {
        self.engine = engine
        self.queries = queries
        self.adminToken = { adminToken }
        self.oneTimeCode = oneTimeCode
        self.providers = providers
        self.isLocal = isLocal
        self.pause = pause
        self.checkpoint = checkpoint
        self.schedule = schedule
        self.concurrency = concurrency
        self.summary = summary
        self.now = now
        self.random = random
        self.executor = executor
    }

    /// The hash of the administrator's token, as of now.
    var administrator: SHA256Hash? { adminToken().map { AccessToken.hash($0.reveal()) } }

    func queries(for exchange: Exchange) throws -> Queries { try queries(try exchange.caller.viewer) }

    /// The forms in which a locator may be kept: as its provider would keep it now, and as it is.
    func forms(_ locator: Locator) -> [Locator] {
        // What its provider does not take may still be known from before.
        do { return [try engine.normalize(locator), locator] } catch { return [locator] }
    }
}
