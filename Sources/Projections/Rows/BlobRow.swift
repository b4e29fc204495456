public import Events

/// A content that is durable.
public struct StoredContent: Sendable, Equatable {
    public var contentHash: SHA256Hash
    /// Bytes.
    public var size: UInt64
    public var mimeType: String
    public var shard: ShardID
    /// The event that said so first, and when.
    public var firstSeen: LogPosition
    public var firstSeenAt: Timestamp

    public init(
        contentHash: SHA256Hash, size: UInt64, mimeType: String, shard: ShardID, firstSeen: LogPosition,
        firstSeenAt: Timestamp
    ) {
        self.contentHash = contentHash
        self.size = size
        self.mimeType = mimeType
        self.shard = shard
        self.firstSeen = firstSeen
        self.firstSeenAt = firstSeenAt
    }
}

/// What is known of one content of a domain.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | domain |
/// | 4 | 8 | references |
/// | 12 | 1 | sum of 1: it is stored; 2: it is damaged; 4: it is released; 8: it was deleted |
/// | 13 | 32 | where stored: SHA-256 |
/// | 45 | 8 | size |
/// | 53 | 8 | shard |
/// | 61 | 8 | position of the event that said so first |
/// | 69 | 8 | its time |
/// | 77 | … | MIME type; where damaged: the code; each with its length before it |
/// | … | 16 | where released: position and time of the event that says so |
/// | … | 8 | where deleted: position of the event that says so |
public struct BlobRow: Sendable, Equatable {
    public var domain: Domain
    public var hash: SHA1Hash
    /// How many file versions name it.
    public var references: UInt64
    /// Nil where items name it and no event says that it was stored.
    public var stored: StoredContent?
    /// What is wrong with it, where it could not be read.
    public var damage: String?
    /// Since when nothing names it; nil where something does, or nobody has looked.
    public var released: Release?
    /// The event by which it was deleted; nil where it never was, or came again.
    public var deleted: LogPosition?

    /// That nothing names a content any more: which event says so, and when.
    public struct Release: Sendable, Equatable {
        public var position: LogPosition
        public var at: Timestamp

        public init(position: LogPosition, at: Timestamp) {
            self.position = position
            self.at = at
        }
    }

    public init(
        domain: Domain, hash: SHA1Hash, references: UInt64 = 0, stored: StoredContent? = nil, damage: String? = nil,
        released: Release? = nil, deleted: LogPosition? = nil
    ) {
        self.domain = domain
        self.hash = hash
        self.references = references
        self.stored = stored
        self.damage = damage
        self.released = released
        self.deleted = deleted
    }

    static let referencesOffset = 4
    static let flagsOffset = 12
    static let contentOffset = 13
    static let sizeOffset = 45
    static let isStoredFlag: UInt8 = 1
    static let isDamagedFlag: UInt8 = 2
    static let isReleasedFlag: UInt8 = 4
    static let isDeletedFlag: UInt8 = 8

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        domain = try keyReader.domain()
        hash = try keyReader.sha1()
        var reader = ByteReader(row)
        _ = try reader.tenant()
        references = try reader.uint64()
        let flags = try reader.byte()
        if flags & Self.isStoredFlag != 0 {
            let contentHash = try reader.sha256()
            let size = try reader.uint64()
            let shard = ShardID(rawValue: try reader.uint64())
            let firstSeen = try reader.position()
            let firstSeenAt = try reader.timestamp()
            stored = StoredContent(
                contentHash: contentHash, size: size, mimeType: try reader.text(), shard: shard, firstSeen: firstSeen,
                firstSeenAt: firstSeenAt)
        }
        if flags & Self.isDamagedFlag != 0 { damage = try reader.text() }
        if flags & Self.isReleasedFlag != 0 {
            released = Release(position: try reader.position(), at: try reader.timestamp())
        }
        if flags & Self.isDeletedFlag != 0 { deleted = try reader.position() }
        try reader.end()
    }

    public func encode() -> [UInt8] {
        var row: [UInt8] = []
        row.put(domain.rawValue)
        row.put(references)
        row.append(
            (stored == nil ? 0 : Self.isStoredFlag) | (damage == nil ? 0 : Self.isDamagedFlag)
                | (released == nil ? 0 : Self.isReleasedFlag) | (deleted == nil ? 0 : Self.isDeletedFlag))
        if let stored {
            Self.write(
                contentHash: stored.contentHash, size: stored.size, mimeType: stored.mimeType, shard: stored.shard,
                firstSeen: stored.firstSeen, firstSeenAt: stored.firstSeenAt, into: &row)
        }
        if let damage { row.put(text: damage) }
        if let released {
            row.put(released.position)
            row.put(released.at)
        }
        if let deleted { row.put(deleted) }
        return row
    }

    static func write(
        contentHash: SHA256Hash, size: UInt64, mimeType: String, shard: ShardID, firstSeen: LogPosition,
        firstSeenAt: Timestamp, into row: inout [UInt8]
    ) {
        row.put(contentHash)
        row.put(size)
        row.put(shard.rawValue)
        row.put(firstSeen)
        row.put(firstSeenAt)
        row.put(text: mimeType)
    }

    /// Whether the row says that the content is there and not known to be damaged, without decoding it.
    public static func isReadable(_ row: RawSpan) -> Bool {
        row.byteCount > flagsOffset
            && row.unsafeLoad(fromByteOffset: flagsOffset, as: UInt8.self) & (isStoredFlag | isDamagedFlag)
                == isStoredFlag
    }

    /// How the content stands, without decoding the row.
    public static func standing(_ row: RawSpan) -> BlobStanding {
        guard isReadable(row) else { return .missing }
        let flags = row.unsafeLoad(fromByteOffset: flagsOffset, as: UInt8.self)
        return flags & isReleasedFlag == 0 ? .stored : .released
    }

    /// Domain (4) ‖ SHA-1 (20).
    public static func key(_ domain: Domain, _ hash: SHA1Hash) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(4 + SHA1Hash.byteCount)
        key.put(domain.rawValue)
        key.put(hash)
        return key
    }
}

/// How a content stands.
public enum BlobStanding: Sendable, Equatable {
    /// It is not there, or damaged.
    case missing
    case stored
    /// It is there, and may be deleted soon.
    case released
}

/// A file version that names a blob. Its key is domain (4) ‖ SHA-1 (20) ‖ repository (8) ‖ ref (4) ‖ position (8) ‖ index (4),
/// its row the repository's tenant.
public struct BlobReference: Sendable, Equatable {
    public var domain: Domain
    public var hash: SHA1Hash
    public var repository: RepositoryID
    public var ref: RefID
    public var version: ItemVersion
    /// Whose repository it is.
    public var tenant: TenantID

    /// Length of a row.
    static let rowByteCount = 4

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(key)
        domain = try reader.domain()
        hash = try reader.sha1()
        repository = try reader.repository()
        ref = try reader.ref()
        version = ItemVersion(position: try reader.position(), index: try reader.uint32())
        var rowReader = ByteReader(row)
        tenant = try rowReader.tenant()
    }
}

/// A content that was refused, since another one is kept under the same SHA-1. Its key is domain (4) ‖ SHA-1 (20) ‖ position (8).
public struct RefusedBlob: Sendable, Equatable {
    public var domain: Domain
    public var hash: SHA1Hash
    public var position: LogPosition
    public var tenant: TenantID
    public var keptContentHash: SHA256Hash
    public var refusedContentHash: SHA256Hash
    public var refusedSize: UInt64

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(key)
        domain = try reader.domain()
        hash = try reader.sha1()
        position = try reader.position()
        var rowReader = ByteReader(row)
        tenant = try rowReader.tenant()
        keptContentHash = try rowReader.sha256()
        refusedContentHash = try rowReader.sha256()
        refusedSize = try rowReader.uint64()
    }
}
