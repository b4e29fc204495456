import COpenSSL

/// A hash function that OpenSSL implements (with SHA extensions of the processor where it has them).
public enum DigestAlgorithm: Sendable {
    case sha1
    case sha256

    /// Length of the digest in bytes: 20 or 32.
    public var byteCount: Int {
        switch self {
        case .sha1: Int(SHA_DIGEST_LENGTH)
        case .sha256: Int(SHA256_DIGEST_LENGTH)
        }
    }
}

/// A running hash over bytes that arrive in pieces. The state of it lies in the value itself, and is used again for each
/// message, so that a record of some hundred bytes costs little more than its blocks.
///
/// Move-only, because it is changed by one place at a time.
public struct Digest: ~Copyable {
    private var sha1 = SHA_CTX()
    private var sha256 = SHA256_CTX()
    /// The function that is computed.
    public let algorithm: DigestAlgorithm

    /// A hash with nothing taken in yet.
    public init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        reset()
    }

    /// Forgets what was taken in.
    public mutating func reset() {
        switch algorithm {
        case .sha1: SHA1_Init(&sha1)
        case .sha256: SHA256_Init(&sha256)
        }
    }

    /// Takes in the next bytes of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        switch algorithm {
        case .sha1: SHA1_Update(&sha1, base, bytes.count)
        case .sha256: SHA256_Update(&sha256, base, bytes.count)
        }
    }

    /// Takes in the next bytes of the message.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Takes in one byte, as tree hashes and object headers need it.
    public mutating func update(byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// Writes the digest of all that was taken in, and starts anew.
    ///
    /// - Parameter output: at least `algorithm.byteCount` bytes.
    public mutating func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= algorithm.byteCount, "the buffer for a digest is too short")
        let digest = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch algorithm {
        case .sha1: SHA1_Final(digest, &sha1)
        case .sha256: SHA256_Final(digest, &sha256)
        }
        reset()
    }

    /// The digest of all that was taken in; starts anew.
    public mutating func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: algorithm.byteCount) { buffer, count in
            finish(into: UnsafeMutableRawBufferPointer(buffer))
            count = algorithm.byteCount
        }
    }

    /// The digest of one whole message.
    public static func hash(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        var digest = Digest(algorithm)
        digest.update(bytes)
        return digest.finish()
    }
}
