import EventLog
import Events
import Projections

/// What a stored snapshot says of itself, in its file `manifest`, which is written after all else is on the device.
///
/// | bytes | |
/// |---|---|
/// | 1 | layout: 1 |
/// | 8 | events that the state has folded, big-endian |
/// | 32 | root of the log's tree over them |
/// | n | names and versions of the projections, with its length |
/// | 8 | length of `data.mdb` |
/// | 32 | SHA-256 of `data.mdb` |
struct SnapshotManifest: Equatable {
    var count: UInt64
    var root: SHA256Hash
    var signature: [UInt8]
    var byteCount: UInt64
    var contentHash: SHA256Hash

    private static let layout: UInt8 = 1
    static let fileName = "manifest"

    init(count: UInt64, root: SHA256Hash, signature: [UInt8], byteCount: UInt64, contentHash: SHA256Hash) {
        self.count = count
        self.root = root
        self.signature = signature
        self.byteCount = byteCount
        self.contentHash = contentHash
    }

    /// Nil where the bytes are none.
    init?(_ bytes: [UInt8]) {
        do { try self.init(decoding: bytes) } catch { return nil }
    }

    private init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes.span.bytes)
        let layout = try reader.byte()
        guard layout == Self.layout else { throw DecodingFailure("layout \(layout) of a snapshot is unknown") }
        count = try reader.uint64()
        root = try reader.sha256()
        signature = try reader.string()
        byteCount = try reader.uint64()
        contentHash = try reader.sha256()
        try reader.end()
    }

    var bytes: [UInt8] {
        var bytes = [Self.layout]
        bytes.append(bigEndian: count)
        bytes.append(root)
        bytes.append(string: signature)
        bytes.append(bigEndian: byteCount)
        bytes.append(contentHash)
        return bytes
    }

    /// Why a state may not begin from it; nil where it may.
    func unfitness(for log: borrowing LogSnapshot) throws -> String? {
        guard signature == AllProjections.signature else { return "it was folded by another version" }
        guard count <= log.count else { return "it has more events than the log: it is that of another one" }
        guard try log.root(size: count) == root else { return "the log's beginning is not what it was folded from" }
        return nil
    }
}
