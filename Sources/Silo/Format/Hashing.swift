import Events
import OpenSSL

extension SHA256Hash {
    static func of(_ bytes: [UInt8], _ digest: inout Digest) -> SHA256Hash {
        digest.update(bytes)
        return finish(&digest)
    }

    /// The hash of what `digest` took in.
    static func finish(_ digest: inout Digest) -> SHA256Hash {
        withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { buffer in
            digest.finish(into: buffer)
            return SHA256Hash(UnsafeRawBufferPointer(buffer))
        }
    }
}

extension SHA1Hash {
    /// The hash of what `digest` took in.
    static func finish(_ digest: inout Digest) -> SHA1Hash {
        withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { buffer in
            digest.finish(into: buffer)
            return SHA1Hash(UnsafeRawBufferPointer(rebasing: buffer[..<byteCount]))
        }
    }
}

/// Both hashes of a blob, computed as its bytes come by.
struct BlobHasher: ~Copyable {
    private var sha1 = Digest(.sha1)
    private var sha256 = Digest(.sha256)

    /// How much both functions take in turn, so that the second one finds the bytes in the processor's cache.
    private static let stretchByteCount = 16 << 10

    /// Begins a blob of `byteCount` bytes: Git hashes `blob <size>\0` before the content.
    mutating func begin(byteCount: Int) {
        sha1.reset()
        sha256.reset()
        sha1.update(Array("blob \(byteCount)\0".utf8))
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let stretch = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.stretchByteCount))
            sha1.update(stretch)
            sha256.update(stretch)
            rest = rest.dropFirst(stretch.count)
        }
    }

    mutating func finish() -> (sha1: SHA1Hash, sha256: SHA256Hash) {
        (SHA1Hash.finish(&sha1), SHA256Hash.finish(&sha256))
    }

    mutating func hash(_ bytes: UnsafeRawBufferPointer) -> BlobEntry {
        begin(byteCount: bytes.count)
        update(bytes)
        let hashes = finish()
        return BlobEntry(sha1: hashes.sha1, sha256: hashes.sha256, byteCount: bytes.count)
    }
}
