import Events
import OpenSSL

/// What follows the last frame of a sealed shard: the index, then the trailer, which ends the file. Integers are
/// big-endian.
///
/// | offset in the index | size | field |
/// |---|---|---|
/// | 0 | 8 | magic: `SILOINDX` |
/// | 8 | 8 · F | offset of each frame, in order |
/// | 8 + 8 · F | 16 · B | entry of each blob, sorted by its SHA-1 |
///
/// | offset in an entry | size | field |
/// |---|---|---|
/// | 0 | 8 | first eight bytes of the SHA-1; the frame's table has all twenty |
/// | 8 | 4 | number of the frame, from 0 |
/// | 12 | 4 | number of the blob in the frame's table, from 0 |
struct ShardIndex: Sendable, Equatable {
    private(set) var frames: [UInt64] = []
    private(set) var blobCount = 0
    /// Sum of the blobs' sizes.
    private(set) var rawByteCount = 0
    private var entries: [(sha1: SHA1Hash, frame: UInt32, index: UInt32)] = []

    static let magic = Array("SILOINDX".utf8)
    static let frameByteCount = 8
    static let entryByteCount = 16

    init() {}

    /// Takes in the next frame.
    mutating func append(_ head: FrameHead, at offset: UInt64) {
        let frame = UInt32(frames.count)
        frames.append(offset)
        for (index, blob) in head.blobs.enumerated() {
            entries.append((blob.sha1, frame, UInt32(index)))
            rawByteCount += blob.byteCount
        }
        blobCount += head.blobs.count
    }

    /// Index and trailer, where the frames end at `offset` of the file.
    func encode(at offset: UInt64, _ digest: inout Digest) -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(
            Self.magic.count + frames.count * Self.frameByteCount + entries.count * Self.entryByteCount
                + ShardTrailer.byteCount)
        for frame in frames { bytes.append(bigEndian: frame) }
        let sorted = entries.sorted { ($0.sha1, $0.frame, $0.index) < ($1.sha1, $1.frame, $1.index) }
        for entry in sorted {
            entry.sha1.withUnsafeBytes { bytes.append(contentsOf: $0[..<8]) }
            bytes.append(bigEndian: entry.frame)
            bytes.append(bigEndian: entry.index)
        }
        let trailer = ShardTrailer(
            indexOffset: offset, indexByteCount: bytes.count, frameCount: frames.count, blobCount: blobCount,
            rawByteCount: rawByteCount, indexHash: SHA256Hash.of(bytes, &digest))
        bytes.append(contentsOf: trailer.encode(&digest))
        return bytes
    }

    static func == (left: Self, right: Self) -> Bool {
        left.frames == right.frames && left.entries.elementsEqual(right.entries) { $0 == $1 }
    }
}

/// The last 88 bytes of a sealed shard. Integers are big-endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | offset of the index in the file; the frames end there |
/// | 8 | 8 | length of the index |
/// | 16 | 4 | how many frames |
/// | 20 | 4 | how many blobs |
/// | 24 | 8 | sum of the blobs' sizes |
/// | 32 | 32 | SHA-256 of the index |
/// | 64 | 8 | 0 |
/// | 72 | 8 | checksum of bytes 0–71 |
/// | 80 | 8 | magic: `SILODONE` |
struct ShardTrailer: Sendable, Equatable {
    var indexOffset: UInt64
    var indexByteCount: Int
    var frameCount: Int
    var blobCount: Int
    var rawByteCount: Int
    var indexHash: SHA256Hash

    static let byteCount = 88
    static let magic = Array("SILODONE".utf8)
    private static let checkedByteCount = 72

    init(
        indexOffset: UInt64, indexByteCount: Int, frameCount: Int, blobCount: Int, rawByteCount: Int,
        indexHash: SHA256Hash
    ) {
        self.indexOffset = indexOffset
        self.indexByteCount = indexByteCount
        self.frameCount = frameCount
        self.blobCount = blobCount
        self.rawByteCount = rawByteCount
        self.indexHash = indexHash
    }

    func encode(_ digest: inout Digest) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: indexOffset)
        bytes.append(bigEndian: UInt64(indexByteCount))
        bytes.append(bigEndian: UInt32(frameCount))
        bytes.append(bigEndian: UInt32(blobCount))
        bytes.append(bigEndian: UInt64(rawByteCount))
        bytes.append(indexHash)
        bytes.append(bigEndian: UInt64(0))
        bytes.append(bigEndian: bytes.withUnsafeBytes { Checksum.of($0, &digest) })
        bytes.append(contentsOf: Self.magic)
        precondition(bytes.count == Self.byteCount, "the shard trailer's layout and length disagree")
        return bytes
    }

    /// Reads the trailer that ends a file of `fileByteCount` bytes.
    init(_ bytes: [UInt8], fileByteCount: UInt64, _ digest: inout Digest) throws(DecodingFailure) {
        guard bytes.count == Self.byteCount else { throw DecodingFailure("its trailer is cut off") }
        let actual = bytes.withUnsafeBytes {
            Checksum.of(UnsafeRawBufferPointer(rebasing: $0[..<Self.checkedByteCount]), &digest)
        }
        var reader = ByteReader(bytes.span.bytes)
        indexOffset = try reader.uint64()
        let length = try reader.uint64()
        frameCount = Int(try reader.uint32())
        blobCount = Int(try reader.uint32())
        let rawByteCount = try reader.uint64()
        indexHash = try reader.sha256()
        let zero = try reader.uint64()
        guard try reader.uint64() == actual, try reader.raw(Self.magic.count) == Self.magic else {
            throw DecodingFailure("the checksum or the magic of its trailer is wrong")
        }
        guard zero == 0, rawByteCount <= UInt64(Int.max), indexOffset >= UInt64(ShardHeader.byteCount),
            indexOffset <= fileByteCount, length <= fileByteCount,
            indexOffset + length + UInt64(Self.byteCount) == fileByteCount
        else { throw DecodingFailure("the lengths in its trailer do not add up to the file") }
        indexByteCount = Int(length)
        self.rawByteCount = Int(rawByteCount)
    }
}
