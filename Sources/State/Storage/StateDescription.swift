import Events
import LMDB
import Projections

/// What a state says of itself, in its database `meta`.
struct StateDescription: Equatable {
    /// Events that it has folded.
    var count: UInt64 = 0
    /// Leaf hash of the last of them; zeros before the first.
    var lastLeaf: [UInt8] = Self.noHash
    /// Root of the log's tree when it was last closed or built, and over how many events.
    var rootCount: UInt64 = 0
    var root: [UInt8] = Self.noHash
    /// Names and versions of the projections.
    var signature: [UInt8] = AllProjections.signature
    /// Everything is on the device.
    var isClean = false
    /// Where not, which start of the machine wrote it.
    var bootID: [UInt8] = []

    private static let noHash = [UInt8](repeating: 0, count: SHA256Hash.byteCount)
    private static let key = Array("description".utf8)
    /// Changes with the layout of what is not covered by the projections' versions.
    private static let layout: UInt8 = 1

    init() {}

    private init(decoding bytes: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        let layout = try reader.byte()
        guard layout == Self.layout else { throw DecodingFailure("layout \(layout) of the state is unknown") }
        count = try reader.uint64()
        lastLeaf = try reader.raw(SHA256Hash.byteCount)
        rootCount = try reader.uint64()
        root = try reader.raw(SHA256Hash.byteCount)
        signature = try reader.string()
        isClean = try reader.byte() == 1
        bootID = try reader.string()
        try reader.end()
    }

    /// Nil in a state that was just made.
    init?(_ transaction: borrowing some Readable & ~Copyable, _ meta: Database) throws {
        guard let bytes = try transaction.get(meta, Self.key) else { return nil }
        do {
            try self.init(decoding: bytes)
        } catch {
            throw StateError(.unusable, "what it says of itself cannot be read; it has to be rebuilt", cause: error)
        }
    }

    func write(_ transaction: inout WriteTransaction, _ meta: Database) throws(LMDBError) {
        var bytes = [Self.layout]
        bytes.append(bigEndian: count)
        bytes += lastLeaf
        bytes.append(bigEndian: rootCount)
        bytes += root
        bytes.append(string: signature)
        bytes.append(isClean ? 1 : 0)
        bytes.append(string: bootID)
        try transaction.put(meta, Self.key, bytes)
    }
}
