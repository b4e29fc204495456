public import Events

/// What the store knows of a blob.
public struct BlobInfo: Sendable, Equatable {
    /// Git's id.
    public var sha1: SHA1Hash
    /// SHA-256 of the content.
    public var sha256: SHA256Hash
    /// Bytes of the content.
    public var byteCount: Int
    /// What it takes of its shard; nil until its frame is written.
    public var storedByteCount: Int?
    /// The shard that holds it; nil until its frame is written.
    public var shard: ShardID?
    /// Where in that shard; nil until its frame is written.
    public var place: BlobPlace?

    init(_ entry: BlobEntry) {
        sha1 = entry.sha1
        sha256 = entry.sha256
        byteCount = entry.byteCount
    }

    init(_ sha1: SHA1Hash, _ location: Location) {
        self.sha1 = sha1
        sha256 = location.sha256
        byteCount = location.byteCount
        storedByteCount = location.storedByteCount
        shard = location.shard
        place = BlobPlace(shard: location.shard, offset: location.offset, index: location.index)
    }
}

/// Where a blob stands. Many are read fastest in this order: frame after frame, and of a frame the last one first, since
/// decoding as far as that gives the others too.
public struct BlobPlace: Sendable, Equatable, Comparable {
    let shard: ShardID
    let offset: UInt64
    let index: Int

    public static func < (left: Self, right: Self) -> Bool {
        (left.shard, left.offset, right.index) < (right.shard, right.offset, left.index)
    }
}

/// What whoever puts a blob knows of it; nothing that is read depends on it.
public struct PutHint: Sendable, Equatable {
    /// The content that it comes after, as the same path had it before: it may be kept as a difference from it.
    public var predecessor: SHA1Hash?
    /// Bytes that are put in one go with it, as far as that is known: little takes a moment at any level, and where much
    /// comes speed counts more than size.
    public var burstByteCount: Int

    public init(predecessor: SHA1Hash? = nil, burstByteCount: Int = 0) {
        self.predecessor = predecessor
        self.burstByteCount = burstByteCount
    }
}

/// What came of putting a blob.
public enum Put: Sendable, Equatable {
    /// It was new. It is durable once ``Silo/flush()`` has returned.
    case stored(BlobInfo)
    /// It was there already; durable, or on its way as a new one.
    case present(BlobInfo)
    /// Another content has the same SHA-1 in this domain. Nothing was changed.
    case conflict(existing: BlobInfo, offered: SHA256Hash)
}

/// A shard that never changes again.
public struct SealedShard: Sendable, Equatable {
    public var id: ShardID
    public var domain: Domain
    /// SHA-256 of the whole file.
    public var sha256: SHA256Hash
    /// Length of the file.
    public var byteCount: Int
    public var blobCount: Int
    /// Sum of the blobs' sizes.
    public var rawByteCount: Int
    public var createdAt: Timestamp
}

/// A shard, open or sealed.
public struct ShardInfo: Sendable, Equatable {
    public var id: ShardID
    public var domain: Domain
    public var isSealed: Bool
    /// Bytes of the file that are in use and durable.
    public var byteCount: Int
    /// Blobs that are read from it.
    public var blobCount: Int
    /// Sum of their sizes.
    public var rawByteCount: Int
    public var createdAt: Timestamp

    init(_ record: ShardRecord) {
        id = record.id
        domain = record.domain
        isSealed = record.isSealed
        byteCount = Int(record.byteCount)
        blobCount = record.blobCount
        rawByteCount = record.rawByteCount
        createdAt = record.createdAt
    }
}

/// What the store holds, flushed.
public struct SiloStatistics: Sendable, Equatable {
    public var shardCount = 0
    /// Distinct blobs (distinct within their domain).
    public var blobCount = 0
    /// Sum of their sizes.
    public var rawByteCount = 0
    /// Bytes of the shards' files.
    public var storedByteCount = 0
}

/// What opening the store found and did.
public struct OpenReport: Sendable, Equatable {
    /// Bytes that were not a frame and are not recognised.
    public struct Damage: Sendable, Equatable {
        public var shard: ShardID
        public var offset: UInt64
        public var byteCount: UInt64
        public var reason: String
    }

    /// The location index was missing, damaged or not to be believed, and was made anew from the shards.
    public var hasRebuiltLocations = false
    /// Bytes that were cut off the ends of open shards: frames that no flush had waited for.
    public var cutByteCounts: [ShardID: UInt64] = [:]
    /// Bytes that are damaged. What they held is in no index.
    public var damages: [Damage] = []
}
