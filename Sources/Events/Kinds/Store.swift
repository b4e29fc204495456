import FoundationEssentials
import SwiftProtobuf

/// One content that is durable in the blob store.
public struct StoredBlob: Sendable, Equatable {
    /// Git's id: SHA-1 of `blob <size>\0` and the content.
    public var hash: SHA1Hash
    /// SHA-256 of the content alone.
    public var contentHash: SHA256Hash
    /// Bytes.
    public var size: UInt64
    public var mimeType: String
    /// Where it was put.
    public var shard: ShardID

    public init(hash: SHA1Hash, contentHash: SHA256Hash, size: UInt64, mimeType: String, shard: ShardID) {
        self.hash = hash
        self.contentHash = contentHash
        self.size = size
        self.mimeType = mimeType
        self.shard = shard
    }
}

/// New contents are durable; their hashes were computed from what was received.
public struct BlobsStored: Sendable, Equatable {
    /// At most `maximumCount`.
    public var blobs: [StoredBlob]

    /// Limit of the blobs of one event.
    public static let maximumCount = 1024

    public init(blobs: [StoredBlob]) { self.blobs = blobs }
}

/// A shard is complete and never changes again.
public struct ShardSealed: Sendable, Equatable {
    public var shard: ShardID
    /// SHA-256 of the whole file.
    public var contentHash: SHA256Hash
    /// Length of the file in bytes.
    public var byteCount: UInt64
    public var blobCount: UInt64
    /// Sum of the sizes of its blobs.
    public var logicalBytes: UInt64

    public init(
        shard: ShardID, contentHash: SHA256Hash, byteCount: UInt64, blobCount: UInt64, logicalBytes: UInt64
    ) {
        self.shard = shard
        self.contentHash = contentHash
        self.byteCount = byteCount
        self.blobCount = blobCount
        self.logicalBytes = logicalBytes
    }
}

/// A content was refused since another one is kept under the same SHA-1. The first stays.
public struct BlobRefused: Sendable, Equatable {
    public var hash: SHA1Hash
    public var keptContentHash: SHA256Hash
    public var refusedContentHash: SHA256Hash
    public var refusedSize: UInt64

    public init(
        hash: SHA1Hash, keptContentHash: SHA256Hash, refusedContentHash: SHA256Hash, refusedSize: UInt64
    ) {
        self.hash = hash
        self.keptContentHash = keptContentHash
        self.refusedContentHash = refusedContentHash
        self.refusedSize = refusedSize
    }
}

/// A content that should be readable is not.
public struct BlobCorrupted: Sendable, Equatable {
    public var hash: SHA1Hash
    public var shard: ShardID
    /// A stable word for what is wrong.
    public var code: String

    public init(hash: SHA1Hash, shard: ShardID, code: String) {
        self.hash = hash
        self.shard = shard
        self.code = code
    }
}

/// It is again: fetched and stored anew.
public struct BlobRepaired: Sendable, Equatable {
    public var hash: SHA1Hash
    public var shard: ShardID

    public init(hash: SHA1Hash, shard: ShardID) {
        self.hash = hash
        self.shard = shard
    }
}

extension BlobsStored: EventPayload {
    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        var hashes: [UInt8] = []
        var contentHashes: [UInt8] = []
        var sizes: [UInt8] = []
        var typeIndexes: [UInt8] = []
        var shards: [UInt8] = []
        var types: [String] = []
        var indexOfType: [String: Int] = [:]
        for blob in blobs {
            hashes.append(blob.hash)
            contentHashes.append(blob.contentHash)
            sizes.append(varint: blob.size)
            shards.append(varint: blob.shard.rawValue)
            let index = indexOfType[blob.mimeType] ?? types.count
            if index == types.count {
                indexOfType[blob.mimeType] = index
                types.append(blob.mimeType)
            }
            typeIndexes.append(varint: index)
        }
        let open = WireBlobsStored.with {
            $0.count = UInt32(blobs.count)
            $0.hashes = Data(hashes)
            $0.contentHashes = Data(contentHashes)
            $0.sizes = Data(sizes)
            $0.mimeTypes = types
            $0.mimeTypeIndexes = Data(typeIndexes)
            $0.shards = Data(shards)
        }
        return (Wire.encode(open), [])
    }

    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobsStored.self, clear)
        let count = Int(open.count)
        guard count <= Self.maximumCount else {
            throw DecodingFailure("\(count) blobs in one event are over the limit of \(Self.maximumCount)")
        }
        let columns = (
            hashes: open.hashes.array, contentHashes: open.contentHashes.array, sizes: open.sizes.array,
            typeIndexes: open.mimeTypeIndexes.array, shards: open.shards.array
        )
        var hashes = ByteReader(columns.hashes.span.bytes)
        var contentHashes = ByteReader(columns.contentHashes.span.bytes)
        var sizes = ByteReader(columns.sizes.span.bytes)
        var typeIndexes = ByteReader(columns.typeIndexes.span.bytes)
        var shards = ByteReader(columns.shards.span.bytes)
        var blobs: [StoredBlob] = []
        blobs.reserveCapacity(count)
        for _ in 0..<count {
            let type = try typeIndexes.count(atMost: Self.maximumCount)
            guard type < open.mimeTypes.count else { throw DecodingFailure("MIME type \(type) is not listed") }
            blobs.append(
                StoredBlob(
                    hash: try hashes.sha1(), contentHash: try contentHashes.sha256(), size: try sizes.varint(),
                    mimeType: open.mimeTypes[type], shard: ShardID(rawValue: try shards.varint())))
        }
        try hashes.end()
        try contentHashes.end()
        try sizes.end()
        try typeIndexes.end()
        try shards.end()
        self.init(blobs: blobs)
    }

    var json: [(String, JSONValue)] {
        [
            (
                "blobs",
                .array(
                    blobs.map {
                        .object([
                            ("sha", .hash($0.hash)), ("sha256", .hash($0.contentHash)), ("size", .uint($0.size)),
                            ("mimeType", .string($0.mimeType)), ("shard", .uint($0.shard.rawValue)),
                        ])
                    })
            )
        ]
    }
}

extension ShardSealed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireShardSealed.self, clear)
        self.init(
            shard: ShardID(rawValue: open.shard), contentHash: try Wire.sha256(open.contentHash),
            byteCount: open.byteCount, blobCount: open.blobCount, logicalBytes: open.logicalBytes)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireShardSealed.with {
            $0.shard = shard.rawValue
            $0.contentHash = Data(contentHash.bytes)
            $0.byteCount = byteCount
            $0.blobCount = blobCount
            $0.logicalBytes = logicalBytes
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("shard", .uint(shard.rawValue)), ("sha256", .hash(contentHash)), ("bytes", .uint(byteCount)),
            ("blobs", .uint(blobCount)), ("logicalBytes", .uint(logicalBytes)),
        ]
    }
}

extension BlobRefused: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobRefused.self, clear)
        self.init(
            hash: try Wire.sha1(open.hash), keptContentHash: try Wire.sha256(open.keptContentHash),
            refusedContentHash: try Wire.sha256(open.refusedContentHash), refusedSize: open.refusedSize)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireBlobRefused.with {
            $0.hash = Wire.data(hash)
            $0.keptContentHash = Data(keptContentHash.bytes)
            $0.refusedContentHash = Data(refusedContentHash.bytes)
            $0.refusedSize = refusedSize
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("sha", .hash(hash)), ("keptSha256", .hash(keptContentHash)), ("refusedSha256", .hash(refusedContentHash)),
            ("refusedSize", .uint(refusedSize)),
        ]
    }
}

extension BlobCorrupted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobCorrupted.self, clear)
        self.init(hash: try Wire.sha1(open.hash), shard: ShardID(rawValue: open.shard), code: open.code)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireBlobCorrupted.with {
            $0.hash = Wire.data(hash)
            $0.shard = shard.rawValue
            $0.code = code
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [("sha", .hash(hash)), ("shard", .uint(shard.rawValue)), ("code", .string(code))]
    }
}

extension BlobRepaired: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobRepaired.self, clear)
        self.init(hash: try Wire.sha1(open.hash), shard: ShardID(rawValue: open.shard))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireBlobRepaired.with {
            $0.hash = Wire.data(hash)
            $0.shard = shard.rawValue
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("sha", .hash(hash)), ("shard", .uint(shard.rawValue))] }
}
