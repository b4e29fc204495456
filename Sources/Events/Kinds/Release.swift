import FoundationEssentials
import SwiftProtobuf

/// A content in a decision about what stays in the store.
public struct ReleasedBlob: Sendable, Equatable {
    /// Git's id.
    public var hash: SHA1Hash
    /// Bytes.
    public var size: UInt64

    public init(hash: SHA1Hash, size: UInt64) {
        self.hash = hash
        self.size = size
    }

    /// Limit of the contents of one event.
    public static let maximumCount = 1024
}

/// Nothing names these contents of the header's domain any more. They stay where they are until a later decision deletes them,
/// and count as wanted again as soon as a version names them.
public struct BlobsReleased: Sendable, Equatable {
    /// At most `ReleasedBlob.maximumCount`.
    public var blobs: [ReleasedBlob]

    public init(blobs: [ReleasedBlob]) { self.blobs = blobs }
}

/// Contents that were released are gone from here on.
public struct BlobsDeleted: Sendable, Equatable {
    /// At most `ReleasedBlob.maximumCount`.
    public var blobs: [ReleasedBlob]

    public init(blobs: [ReleasedBlob]) { self.blobs = blobs }
}

/// A release of contents is taken back.
public struct BlobsRestored: Sendable, Equatable {
    /// At most `ReleasedBlob.maximumCount`.
    public var blobs: [ReleasedBlob]

    public init(blobs: [ReleasedBlob]) { self.blobs = blobs }
}

/// How much work goes into shards that are written anew.
public enum CompactionEffort: UInt32, Sendable, CaseIterable {
    case light = 1
    case standard = 2
    case hard = 3

    /// As scripts read it.
    public var name: String { String(describing: self) }
}

/// What was still wanted of some shards stands in new ones. The old ones are no more.
public struct ShardCompacted: Sendable, Equatable {
    public var replaced: [ShardID]
    /// Each is recorded by a `ShardSealed` before. Empty where nothing was wanted of the old ones.
    public var written: [ShardID]
    public var effort: CompactionEffort
    /// Blobs that the new ones hold, and those that went with the old ones.
    public var moved: UInt64
    public var dropped: UInt64
    /// Bytes of the old files less those of the new ones; 0 where the new ones are larger.
    public var bytesFreed: UInt64

    public init(
        replaced: [ShardID], written: [ShardID], effort: CompactionEffort, moved: UInt64, dropped: UInt64,
        bytesFreed: UInt64
    ) {
        self.replaced = replaced
        self.written = written
        self.effort = effort
        self.moved = moved
        self.dropped = dropped
        self.bytesFreed = bytesFreed
    }
}

/// The bodies of webhooks whose time is over are gone. They are private records, and wait for no grace.
public struct BodiesReleased: Sendable, Equatable {
    /// No webhook up to this position has a body any more, unless a later one came with the same bytes.
    public var through: LogPosition
    /// The bodies that went, by Git's id.
    public var hashes: [SHA1Hash]
    /// Sum of their sizes.
    public var byteCount: UInt64

    /// Limit of the bodies of one event.
    public static let maximumCount = 4096

    public init(through: LogPosition, hashes: [SHA1Hash], byteCount: UInt64) {
        self.through = through
        self.hashes = hashes
        self.byteCount = byteCount
    }
}

/// Columns of hashes and sizes.
private struct BlobColumns {
    var hashes: [UInt8] = []
    var sizes: [UInt8] = []

    init(_ blobs: [ReleasedBlob]) {
        hashes.reserveCapacity(blobs.count * SHA1Hash.byteCount)
        for blob in blobs {
            hashes.append(blob.hash)
            sizes.append(varint: blob.size)
        }
    }

    static func decode(_ count: UInt32, _ hashes: Data, _ sizes: Data) throws(DecodingFailure) -> [ReleasedBlob] {
        guard count <= ReleasedBlob.maximumCount else {
            throw DecodingFailure("\(count) blobs in one event are over the limit of \(ReleasedBlob.maximumCount)")
        }
        let columns = (hashes: hashes.array, sizes: sizes.array)
        var hashReader = ByteReader(columns.hashes.span.bytes)
        var sizeReader = ByteReader(columns.sizes.span.bytes)
        var blobs: [ReleasedBlob] = []
        blobs.reserveCapacity(Int(count))
        for _ in 0..<count {
            blobs.append(ReleasedBlob(hash: try hashReader.sha1(), size: try sizeReader.varint()))
        }
        try hashReader.end()
        try sizeReader.end()
        return blobs
    }

    static func json(_ blobs: [ReleasedBlob]) -> [(String, JSONValue)] {
        [("blobs", .array(blobs.map { .object([("sha", .hash($0.hash)), ("size", .uint($0.size))]) }))]
    }
}

extension BlobsReleased: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobsReleased.self, clear)
        self.init(blobs: try BlobColumns.decode(open.count, open.hashes, open.sizes))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let columns = BlobColumns(blobs)
        let open = WireBlobsReleased.with {
            $0.count = UInt32(blobs.count)
            $0.hashes = Data(columns.hashes)
            $0.sizes = Data(columns.sizes)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { BlobColumns.json(blobs) }
}

extension BlobsDeleted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobsDeleted.self, clear)
        self.init(blobs: try BlobColumns.decode(open.count, open.hashes, open.sizes))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let columns = BlobColumns(blobs)
        let open = WireBlobsDeleted.with {
            $0.count = UInt32(blobs.count)
            $0.hashes = Data(columns.hashes)
            $0.sizes = Data(columns.sizes)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { BlobColumns.json(blobs) }
}

extension BlobsRestored: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBlobsRestored.self, clear)
        self.init(blobs: try BlobColumns.decode(open.count, open.hashes, open.sizes))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let columns = BlobColumns(blobs)
        let open = WireBlobsRestored.with {
            $0.count = UInt32(blobs.count)
            $0.hashes = Data(columns.hashes)
            $0.sizes = Data(columns.sizes)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { BlobColumns.json(blobs) }
}

extension ShardCompacted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireShardCompacted.self, clear)
        self.init(
            replaced: try Self.ids(open.replaced.array), written: try Self.ids(open.written.array),
            effort: try Wire.known(open.effort, "effort"), moved: open.moved, dropped: open.dropped,
            bytesFreed: open.bytesFreed)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireShardCompacted.with {
            $0.replaced = Self.column(replaced)
            $0.written = Self.column(written)
            $0.effort = effort.rawValue
            $0.moved = moved
            $0.dropped = dropped
            $0.bytesFreed = bytesFreed
        }
        return (Wire.encode(open), [])
    }

    private static func column(_ ids: [ShardID]) -> Data {
        var column: [UInt8] = []
        for id in ids { column.append(varint: id.rawValue) }
        return Data(column)
    }

    private static func ids(_ column: [UInt8]) throws(DecodingFailure) -> [ShardID] {
        var reader = ByteReader(column.span.bytes)
        var ids: [ShardID] = []
        while reader.remaining > 0 { ids.append(ShardID(rawValue: try reader.varint())) }
        return ids
    }

    var json: [(String, JSONValue)] {
        [
            ("replaced", .array(replaced.map { .uint($0.rawValue) })),
            ("written", .array(written.map { .uint($0.rawValue) })), ("effort", .string(effort.name)),
            ("moved", .uint(moved)), ("dropped", .uint(dropped)), ("bytesFreed", .uint(bytesFreed)),
        ]
    }
}

extension BodiesReleased: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireBodiesReleased.self, clear)
        let column = open.hashes.array
        guard column.count <= Self.maximumCount * SHA1Hash.byteCount else {
            throw DecodingFailure("an event has at most \(Self.maximumCount) bodies")
        }
        var reader = ByteReader(column.span.bytes)
        var hashes: [SHA1Hash] = []
        while reader.remaining > 0 { hashes.append(try reader.sha1()) }
        self.init(through: LogPosition(open.through), hashes: hashes, byteCount: open.byteCount)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        var column: [UInt8] = []
        for hash in hashes { column.append(hash) }
        let open = WireBodiesReleased.with {
            $0.through = through.rawValue
            $0.hashes = Data(column)
            $0.byteCount = byteCount
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("through", .position(through)), ("bodies", .array(hashes.map { .hash($0) })),
            ("bytes", .uint(byteCount)),
        ]
    }
}
