import Events

/// What a blob is found by.
struct LocationKey: Sendable, Hashable, Comparable {
    var domain: Domain
    var sha1: SHA1Hash

    static func < (left: Self, right: Self) -> Bool { (left.domain, left.sha1) < (right.domain, right.sha1) }
}

/// Where a blob stands.
struct Location: Sendable, Equatable {
    var sha256: SHA256Hash
    /// Bytes of the content.
    var byteCount: Int
    var shard: ShardID
    /// Where its frame begins in the shard.
    var offset: UInt64
    /// Length of the frame, so that one read gets it.
    var frameByteCount: Int
    /// Which blob of the frame.
    var index: Int
    /// What the blob takes of the file.
    var storedByteCount: Int

    /// The location of the blob at `index` of a frame.
    init(_ head: FrameHead, index: Int, shard: ShardID, offset: UInt64) {
        let blob = head.blobs[index]
        sha256 = blob.sha256
        byteCount = blob.byteCount
        self.shard = shard
        self.offset = offset
        frameByteCount = head.frameByteCount
        self.index = index
        storedByteCount = head.storedByteCount(ofBlob: index)
    }

    /// Encodes the value of the location index: the SHA-256 and six varints. The index is made anew where it does not
    /// fit, so its layout may change with its version.
    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        bytes.append(sha256)
        bytes.append(varint: byteCount)
        bytes.append(varint: shard.rawValue)
        bytes.append(varint: offset)
        bytes.append(varint: frameByteCount)
        bytes.append(varint: index)
        bytes.append(varint: storedByteCount)
        return bytes
    }

    init(_ bytes: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        sha256 = try reader.sha256()
        byteCount = try reader.count(atMost: Int.max)
        shard = ShardID(rawValue: try reader.varint())
        offset = try reader.varint()
        frameByteCount = try reader.count(
            atMost: ShardFormat.maximumStoredByteCount + ShardFormat.maximumTableByteCount + FrameHead.fixedByteCount)
        index = try reader.count(atMost: ShardFormat.maximumBlobCount)
        storedByteCount = try reader.count(atMost: Int.max)
        try reader.end()
    }
}

/// How far a shard has been taken into the location index.
struct ShardRecord: Sendable, Equatable {
    var id: ShardID
    var domain: Domain
    var isSealed: Bool
    var createdAt: Timestamp
    /// Of an open shard: where the frames end that are in the index, all of them durable. Of a sealed one: its length.
    var byteCount: UInt64
    /// How many locations point into it.
    var blobCount = 0
    /// Sum of the sizes of those blobs.
    var rawByteCount = 0
    /// What those blobs take of the file.
    var storedByteCount = 0
    /// Its file is being deleted; nothing points into it.
    var isDropped = false
    /// Of a sealed shard's whole file; nil where nobody has computed it.
    var sha256: SHA256Hash?

    init(_ header: ShardHeader, byteCount: UInt64, isSealed: Bool = false) {
        id = header.shard
        domain = header.domain
        createdAt = header.createdAt
        self.byteCount = byteCount
        self.isSealed = isSealed
    }

    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: id.rawValue)
        bytes.append(varint: domain.rawValue)
        bytes.append((isSealed ? 1 : 0) | (isDropped ? 2 : 0))
        bytes.append(createdAt)
        bytes.append(varint: byteCount)
        bytes.append(varint: blobCount)
        bytes.append(varint: rawByteCount)
        bytes.append(varint: storedByteCount)
        if let sha256 { bytes.append(sha256) }
        return bytes
    }

    init(_ bytes: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        id = ShardID(rawValue: try reader.varint())
        domain = Domain(rawValue: UInt32(try reader.count(atMost: Int(UInt32.max))))
        let flags = try reader.byte()
        isSealed = flags & 1 != 0
        isDropped = flags & 2 != 0
        createdAt = try reader.timestamp()
        byteCount = try reader.varint()
        blobCount = try reader.count(atMost: Int.max)
        rawByteCount = try reader.count(atMost: Int.max)
        storedByteCount = try reader.count(atMost: Int.max)
        sha256 = reader.isAtEnd ? nil : try reader.sha256()
        try reader.end()
    }
}
