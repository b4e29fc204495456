public import Events

/// How much work is put into keeping blobs small.
public enum Effort: Sendable, Hashable, CaseIterable {
    /// As fast as the disk: for a bulk import.
    case light
    /// What the store was opened with.
    case standard
    /// As small as it gets, in idle time.
    case hard
}

/// A blob that is to be rewritten, and what is known of it. Whoever rewrites takes blobs in the order of their list, and may
/// group those whose paths are similar.
public struct RewriteItem: Sendable, Equatable {
    public var hash: SHA1Hash
    /// Where it occurs; empty: not known.
    public var path: [UInt8]
    /// An earlier version of it.
    public var predecessor: SHA1Hash?

    public init(hash: SHA1Hash, path: [UInt8] = [], predecessor: SHA1Hash? = nil) {
        self.hash = hash
        self.path = path
        self.predecessor = predecessor
    }
}

/// What rewriting shards came to.
public struct Rewrite: Sendable, Equatable {
    /// The new shards, durable; the location index names them.
    public var written: [SealedShard] = []
    /// The shards that nothing points into any more: they can be deleted.
    public var replaced: [ShardID] = []
    /// Blobs that were moved.
    public var moved = 0
    /// Copies of blobs that stand in the replaced shards and were left behind, as nobody knows them any more.
    public var dropped = 0
    /// What the files take less, once the replaced ones are deleted; below 0 where they take more.
    public var bytesFreed = 0
    /// Blobs that cannot be read. They stay where they are, and so does their shard.
    public var damaged: [SHA1Hash] = []
}

/// What of a sealed shard is alive.
public struct ShardOccupancy: Sendable, Equatable {
    public var shard: ShardID
    public var domain: Domain
    /// Blobs that the location index names there.
    public var liveBlobs: Int
    /// Sum of their sizes.
    public var liveRaw: Int
    /// What they take of the file. What a difference is taken from counts only where it is alive itself.
    public var liveStored: Int
    /// Length of the file.
    public var byteCount: Int
}
