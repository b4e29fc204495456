public import Events
public import Projections

/// How garbage is collected. Every limit has a name.
public struct CollectOptions: Sendable {
    /// When what was released may be deleted.
    public var release = ReleasePolicy()
    /// Bodies of webhooks are kept for so many days.
    public var webhookBodyDays = 90
    /// A shard of which less than this part of its bytes is wanted is written anew.
    public var compactionShare = 0.75
    /// Bytes of wanted content that are rewritten in one go.
    public var rewriteByteCount = 256 << 20
    /// Bytes of wanted content that are packed harder in one go: what stands together can be kept as differences.
    public var recompressByteCount = 512 << 20
    /// Shards with less content than this are packed again when others of their domain are.
    public var repackByteCount = 128 << 20
    /// Open shards are sealed first, so that they are packed too: for who asks for it, not for every idle hour.
    public var sealsOpenShards = false
    /// Also packs sealed shards harder, with all that is known of the blobs' paths and predecessors.
    public var recompresses = false
    /// Tells what would be done, and does nothing.
    public var isDryRun = false
    /// Asked between two steps; false ends the run early. What is left is done the next time.
    public var mayGoOn: @Sendable () -> Bool = { true }

    public init() {}
}

/// What a collection did; of a dry run, what it would do.
public struct CollectReport: Sendable, Equatable {
    /// Versions that are not kept any more, and contents that nothing names since.
    public var versionsReleased: UInt64 = 0
    public var released: UInt64 = 0
    public var releasedBytes: UInt64 = 0
    /// Contents that went, and the sum of their sizes.
    public var deleted: UInt64 = 0
    public var deletedBytes: UInt64 = 0
    /// Versions and contents whose release was taken back.
    public var versionsRestored: UInt64 = 0
    public var restored: UInt64 = 0
    /// Bodies of webhooks that went.
    public var bodiesReleased: UInt64 = 0
    /// Shards that were written anew or fell away, and those that came in their place.
    public var shardsReplaced: UInt64 = 0
    public var shardsWritten: UInt64 = 0
    /// Bytes of shard files that are free since; negative where packing harder took more.
    public var bytesFreed: Int64 = 0
    /// Contents that are released and wait for the end of their grace, after this run.
    public var waiting: UInt64 = 0
    public var waitingBytes: UInt64 = 0
    /// When the grace in time of the first of them is over.
    public var nextDeletionAt: Timestamp?
    /// Where the counts of references and the files do not agree. Nothing was deleted then.
    public var differences: [ReferenceDifference] = []
    /// It ended early, since somebody needed the machine.
    public var isCut = false

    public init() {}
}

/// A content of which the counts say another number of references than the files.
public struct ReferenceDifference: Sendable, Equatable {
    public var domain: Domain
    public var hash: SHA1Hash
    /// As the references were counted.
    public var counted: UInt64
    /// As the files name it.
    public var found: UInt64

    public init(domain: Domain, hash: SHA1Hash, counted: UInt64, found: UInt64) {
        self.domain = domain
        self.hash = hash
        self.counted = counted
        self.found = found
    }
}

/// What a collection is at, for whoever watches it.
public struct CollectProgress: Sendable {
    public enum Stage: Sendable { case versions, contents, comparing, deleting, compacting, recompressing }

    public var stage: Stage
    public var done: UInt64

    public init(stage: Stage, done: UInt64) {
        self.stage = stage
        self.done = done
    }
}
