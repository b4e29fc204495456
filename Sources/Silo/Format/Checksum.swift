import Events
import OpenSSL

/// The checksums of the shard format: the first eight bytes of a SHA-256, as a big-endian integer. The processor
/// computes SHA-256 faster than a disk reads, and every language has it.
enum Checksum {
    static let byteCount = 8

    /// Of a shard's header, or of its trailer.
    static func of(_ bytes: UnsafeRawBufferPointer, _ digest: inout Digest) -> UInt64 {
        digest.update(bytes)
        return finish(&digest)
    }

    /// Of the head of the frame at `offset` of `shard`. Both stand in it, so that a frame inside the content of another
    /// one (somebody may store a shard as a blob) is never taken for one.
    static func ofHead(
        _ bytes: UnsafeRawBufferPointer, shard: ShardID, offset: UInt64, _ digest: inout Digest
    ) -> UInt64 {
        withUnsafeBytes(of: (shard.rawValue.bigEndian, offset.bigEndian)) { digest.update($0) }
        // The checksum itself is left out.
        digest.update(UnsafeRawBufferPointer(rebasing: bytes[..<FrameHead.checksumOffset]))
        digest.update(UnsafeRawBufferPointer(rebasing: bytes[FrameHead.fixedByteCount...]))
        return finish(&digest)
    }

    private static func finish(_ digest: inout Digest) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: SHA256Hash.byteCount, alignment: 8) { buffer in
            digest.finish(into: buffer)
            return UInt64(bigEndian: buffer.loadUnaligned(as: UInt64.self))
        }
    }
}
