public import Projections
public import ProviderKit

/// What an engine is told about its surroundings. Every limit has a name.
public struct EngineOptions: Sendable {
    /// Syncs under way at once.
    public var concurrency = 4
    public var retryPolicy = RetryPolicy()
    public var sourceLimits = SourceLimits()
    /// A directory for what does not fit in memory; each repository has one of its own below it.
    public var spoolDirectory: String
    /// A directory for what makes the next sync cheaper, in the same way; it may be lost at any time. Nil: nothing is kept.
    public var cacheDirectory: String?
    /// New content is made durable and recorded after this many blobs or bytes, whichever comes first.
    public var contentBatchCount = 32_768
    public var contentBatchByteCount: UInt64 = 256 << 20
    /// A content up to this many bytes is handed to the store whole, a larger one in pieces.
    public var wholeContentByteCount: UInt64 = 1 << 20
    /// `ItemsChanged` events that are appended together.
    public var itemEventsPerAppend = 32
    /// Events between two digests of the state in the log, at least; 0: none are recorded.
    public var digestIntervalEvents = EngineOptions.defaultDigestIntervalEvents

    /// So many are replayed in seconds, and a digest is under a kilobyte.
    public static let defaultDigestIntervalEvents: UInt64 = 100_000

    /// Whether sources are counted before they are read, for somebody who watches.
    public var countsAhead = false
    /// Where the blocking calls of providers run; nil: where the caller runs.
    public var executor: (any TaskExecutor)?

    public init(spoolDirectory: String) { self.spoolDirectory = spoolDirectory }
}
