import COpenSSL

/// A hash function that OpenSSL implements (with SHA extensions of the processor where it has them).
public enum DigestAlgorithm: Sendable {
    case sha1
    case sha256

    /// Length of the digest in bytes: 20 or 32.
    public var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Fetched once: looking an algorithm up costs more than hashing a small record.
    fileprivate var implementation: OpaquePointer? {
        switch self {
        case .sha1: Fetched.sha1
        case .sha256: Fetched.sha256
        }
    }
}

private enum Fetched {
    // OpenSSL's fetched algorithms are immutable and reference counted; they live as long as the process.
    nonisolated(unsafe) static let sha1 = EVP_MD_fetch(nil, "SHA1", nil)
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
}

/// A running hash over bytes that arrive in pieces. One context is kept and reset for each message: for records of
/// some hundred bytes that takes a third of the time of a one-shot call.
///
/// Move-only, because the context of OpenSSL behind it is mutable and owned by one place at a time.
public struct Digest: ~Copyable {
    private let context: OpaquePointer
    /// The function that is computed.
    public let algorithm: DigestAlgorithm

    /// A hash with nothing taken in yet.
    public init(_ algorithm: DigestAlgorithm) {
        guard let context = EVP_MD_CTX_new() else {
            preconditionFailure("OpenSSL could not allocate a digest context: the process is out of memory")
        }
        self.context = context
        self.algorithm = algorithm
        reset()
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Forgets what was taken in.
    public mutating func reset() {
        let started = EVP_DigestInit_ex2(context, algorithm.implementation, nil)
        precondition(started == 1, "OpenSSL has no \(algorithm): its default provider is missing or disabled")
    }

    /// Takes in the next bytes of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        EVP_DigestUpdate(context, base, bytes.count)
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
        EVP_DigestFinal_ex(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
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
