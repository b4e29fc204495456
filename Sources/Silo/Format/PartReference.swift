import Events

/// One entry of the payload of a frame of kind 3: where the next stretch of the large blob stands. Integers are
/// big-endian. All parts but the last have the same length, so a range of the blob is found by a division.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | offset of the part's frame in this shard |
/// | 8 | 4 | length of the part, decoded |
/// | 12 | 4 | length of the part's frame, head and payload |
struct PartReference: Sendable, Equatable {
    var offset: UInt64
    var rawByteCount: Int
    var frameByteCount: Int

    static let byteCount = 16

    init(offset: UInt64, rawByteCount: Int, frameByteCount: Int) {
        self.offset = offset
        self.rawByteCount = rawByteCount
        self.frameByteCount = frameByteCount
    }

    /// The payload that lists `parts`.
    static func encode(_ parts: [PartReference]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.count * byteCount)
        for part in parts {
            bytes.append(bigEndian: part.offset)
            bytes.append(bigEndian: UInt32(part.rawByteCount))
            bytes.append(bigEndian: UInt32(part.frameByteCount))
        }
        return bytes
    }

    /// The parts of a blob of `blobByteCount` bytes that the payload lists.
    static func decode(_ bytes: [UInt8], blobByteCount: Int) throws(DecodingFailure) -> [PartReference] {
        var reader = ByteReader(bytes.span.bytes)
        var parts: [PartReference] = []
        parts.reserveCapacity(bytes.count / byteCount)
        var sum = 0
        while !reader.isAtEnd {
            let part = PartReference(
                offset: try reader.uint64(), rawByteCount: Int(try reader.uint32()),
                frameByteCount: Int(try reader.uint32()))
            guard part.frameByteCount <= ShardFormat.maximumStoredByteCount + FrameHead.fixedByteCount,
                parts.count < 2 || parts[parts.count - 1].rawByteCount == parts[0].rawByteCount
            else { throw DecodingFailure("a part of a large blob has an impossible length") }
            sum += part.rawByteCount
            parts.append(part)
        }
        guard sum == blobByteCount, parts.first.map({ $0.rawByteCount > 0 }) ?? (blobByteCount == 0) else {
            throw DecodingFailure("the parts of a large blob add up to \(sum) of its \(blobByteCount) bytes")
        }
        return parts
    }
}
