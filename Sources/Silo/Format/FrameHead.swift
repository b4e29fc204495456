import Events
import OpenSSL

/// What a frame holds. Later versions may know more; this one refuses to read those.
struct FrameKind: RawRepresentable, Sendable, Hashable {
    let rawValue: UInt8

    /// The contents of its blobs, one after another.
    static let blobs = FrameKind(rawValue: 1)
    /// A stretch of a large blob. Its table is empty.
    static let part = FrameKind(rawValue: 2)
    /// One large blob: the list of its parts.
    static let partList = FrameKind(rawValue: 3)
}

/// How a frame's payload is encoded.
struct FrameEncoding: RawRepresentable, Sendable, Hashable {
    let rawValue: UInt8

    /// As it is.
    static let stored = FrameEncoding(rawValue: 0)
    /// One Zstandard frame (RFC 8878).
    static let zstd = FrameEncoding(rawValue: 1)
}

/// Another frame of the same shard.
struct FrameReference: Sendable, Hashable {
    var offset: UInt64
    /// Of head and payload.
    var byteCount: Int
}

/// What stands before a frame's payload: 64 bytes and the table of its blobs. Integers are big-endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | magic: `FRME` |
/// | 4 | 1 | kind |
/// | 5 | 1 | encoding of the payload |
/// | 6 | 2 | flags: 0 |
/// | 8 | 4 | how many blobs |
/// | 12 | 4 | length of the table |
/// | 16 | 4 | length of the payload, decoded |
/// | 20 | 4 | length of the payload as it stands here |
/// | 24 | 8 | offset of the dictionary's frame in this shard; 0: none |
/// | 32 | 8 | offset of the frame in this shard from which the payload is a difference; 0: none |
/// | 40 | 4 | length of that frame, head and payload; 0: none |
/// | 44 | 4 | 0 |
/// | 48 | 8 | checksum of the payload as it stands here |
/// | 56 | 8 | checksum of shard id ‖ offset of the frame ‖ bytes 0–55 ‖ table |
/// | 64 | … | table (``BlobEntry``), payload |
struct FrameHead: Sendable, Equatable {
    var kind: FrameKind
    var encoding: FrameEncoding
    var flags: UInt16 = 0
    var rawByteCount: Int
    var storedByteCount: Int
    var dictionary: UInt64 = 0
    /// The frame whose whole payload is the Zstandard prefix of this one's.
    var base: FrameReference?
    var payloadChecksum: UInt64
    var blobs: [BlobEntry]
    /// Length of the fixed part and the table.
    private(set) var byteCount = 0

    static let fixedByteCount = 64
    static let checksumOffset = 56
    static let magic: UInt32 = 0x4652_4d45

    /// Length of the whole frame.
    var frameByteCount: Int { byteCount + storedByteCount }

    init(
        kind: FrameKind, encoding: FrameEncoding, rawByteCount: Int, storedByteCount: Int, payloadChecksum: UInt64,
        base: FrameReference? = nil, blobs: [BlobEntry]
    ) {
        self.kind = kind
        self.encoding = encoding
        self.rawByteCount = rawByteCount
        self.storedByteCount = storedByteCount
        self.payloadChecksum = payloadChecksum
        self.base = base
        self.blobs = blobs
    }

    /// The head as it stands at `offset` of `shard`.
    mutating func encode(shard: ShardID, offset: UInt64, _ digest: inout Digest) -> [UInt8] {
        var table: [UInt8] = []
        table.reserveCapacity(blobs.count * BlobEntry.maximumByteCount)
        for blob in blobs { blob.encode(into: &table) }
        precondition(table.count <= ShardFormat.maximumTableByteCount, "a frame's table is over its limit")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.fixedByteCount + table.count)
        bytes.append(bigEndian: Self.magic)
        bytes.append(kind.rawValue)
        bytes.append(encoding.rawValue)
        bytes.append(bigEndian: flags)
        bytes.append(bigEndian: UInt32(blobs.count))
        bytes.append(bigEndian: UInt32(table.count))
        bytes.append(bigEndian: UInt32(rawByteCount))
        bytes.append(bigEndian: UInt32(storedByteCount))
        bytes.append(bigEndian: dictionary)
        bytes.append(bigEndian: base?.offset ?? 0)
        bytes.append(bigEndian: UInt32(base?.byteCount ?? 0))
        bytes.append(bigEndian: UInt32(0))
        bytes.append(bigEndian: payloadChecksum)
        precondition(bytes.count == Self.checksumOffset, "the frame head's layout and length disagree")
        bytes.append(bigEndian: UInt64(0))
        bytes.append(contentsOf: table)
        byteCount = bytes.count
        let checksum = bytes.withUnsafeBytes { Checksum.ofHead($0, shard: shard, offset: offset, &digest) }
        withUnsafeBytes(of: checksum.bigEndian) { source in
            bytes.withUnsafeMutableBytes { $0[Self.checksumOffset..<Self.fixedByteCount].copyBytes(from: source) }
        }
        return bytes
    }

    /// How long the head is that begins with `fixed`, its first 64 bytes; nothing is checked but magic and limit.
    static func byteCount(fixed: UnsafeRawBufferPointer) throws(DecodingFailure) -> Int {
        var reader = ByteReader(fixed.bytes)
        guard try reader.uint32() == magic else { throw DecodingFailure("no frame begins here") }
        _ = try reader.uint64()
        let tableByteCount = Int(try reader.uint32())
        guard tableByteCount <= ShardFormat.maximumTableByteCount else {
            throw DecodingFailure("a frame's table claims \(tableByteCount) bytes")
        }
        return fixedByteCount + tableByteCount
    }

    /// Reads the whole head at `offset` of `shard` and holds it against its checksum.
    init(
        _ bytes: UnsafeRawBufferPointer, shard: ShardID, offset: UInt64, _ digest: inout Digest
    ) throws(DecodingFailure) {
        guard bytes.count >= Self.fixedByteCount else { throw DecodingFailure("the head of a frame is cut off") }
        let actual = Checksum.ofHead(bytes, shard: shard, offset: offset, &digest)
        var reader = ByteReader(bytes.bytes)
        guard try reader.uint32() == Self.magic else { throw DecodingFailure("no frame begins here") }
        kind = FrameKind(rawValue: try reader.byte())
        encoding = FrameEncoding(rawValue: try reader.byte())
        flags = try reader.uint16()
        let blobCount = Int(try reader.uint32())
        let tableByteCount = Int(try reader.uint32())
        rawByteCount = Int(try reader.uint32())
        storedByteCount = Int(try reader.uint32())
        dictionary = try reader.uint64()
        base = FrameReference(offset: try reader.uint64(), byteCount: Int(try reader.uint32()))
        if base == FrameReference(offset: 0, byteCount: 0) { base = nil }
        let zero = try reader.uint32()
        payloadChecksum = try reader.uint64()
        guard try reader.uint64() == actual else { throw DecodingFailure("the checksum of a frame's head is wrong") }
        guard zero == 0, tableByteCount == reader.remaining, rawByteCount <= ShardFormat.maximumRawByteCount,
            storedByteCount <= ShardFormat.maximumStoredByteCount, blobCount <= ShardFormat.maximumBlobCount
        else { throw DecodingFailure("the lengths of a frame are over their limits") }
        byteCount = bytes.count
        blobs = []
        blobs.reserveCapacity(blobCount)
        for _ in 0..<blobCount { blobs.append(try BlobEntry(&reader)) }
        try reader.end()
    }

    /// The base that the head names which begins with `fixed`, its first 64 bytes; nothing is checked but the magic.
    static func base(fixed: UnsafeRawBufferPointer) throws(DecodingFailure) -> FrameReference? {
        _ = try byteCount(fixed: fixed)
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: fixed[baseOffset...]).bytes)
        let base = FrameReference(offset: try reader.uint64(), byteCount: Int(try reader.uint32()))
        return base.offset == 0 && base.byteCount == 0 ? nil : base
    }

    private static let baseOffset = 32

    /// How long the payload is, decoded, of the frame whose head begins with `fixed`; nothing is checked but the magic.
    static func rawByteCount(fixed: UnsafeRawBufferPointer) throws(DecodingFailure) -> Int {
        _ = try byteCount(fixed: fixed)
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: fixed[rawByteCountOffset...]).bytes)
        return Int(try reader.uint32())
    }

    private static let rawByteCountOffset = 16

    /// What this version cannot read about the frame; nil where it can.
    var unknown: String? {
        if flags != 0 { return "a frame with flags \(flags)" }
        if encoding != .stored && encoding != .zstd { return "a frame in encoding \(encoding.rawValue)" }
        if ![.blobs, .part, .partList].contains(kind) { return "a frame of kind \(kind.rawValue)" }
        if dictionary != 0 { return "a frame with a dictionary" }
        if base != nil, kind != .blobs || encoding != .zstd { return "a difference that holds no blobs" }
        return nil
    }

    /// Whether the sizes in the table agree with the payload's.
    var isConsistent: Bool {
        switch kind {
        case .blobs:
            var sum = 0
            for blob in blobs {
                guard blob.byteCount <= rawByteCount - sum else { return false }
                sum += blob.byteCount
            }
            return sum == rawByteCount
        case .part: return blobs.isEmpty
        case .partList: return blobs.count == 1 && rawByteCount.isMultiple(of: PartReference.byteCount)
        default: return true
        }
    }

    /// What the blob at `index` of the table takes of the file: its part of the frame, by its size.
    func storedByteCount(ofBlob index: Int) -> Int {
        guard blobs.count > 1, rawByteCount > 0 else { return frameByteCount }
        return frameByteCount * blobs[index].byteCount / rawByteCount
    }
}
