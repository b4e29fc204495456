import COpenSSL

/// Message authentication by HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// Length of a code in bytes.
    public static let byteCount = 32

    /// The authentication code of one whole message: 32 bytes.
    ///
    /// - Parameter key: of any length, also none.
    public static func authenticate(key: [UInt8], message: UnsafeRawBufferPointer) -> [UInt8] {
        // OpenSSL takes a null pointer for "no message given", so an empty one needs an address.
        let nothing: [UInt8] = [0]
        return [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let made = nothing.withUnsafeBytes { empty in
                key.withUnsafeBytes { key in
                    HMAC(
                        EVP_sha256(), key.count > 0 ? key.baseAddress : empty.baseAddress, Int32(key.count),
                        (message.baseAddress ?? empty.baseAddress)?.assumingMemoryBound(to: UInt8.self),
                        message.count, output.baseAddress, nil)
                }
            }
            precondition(made != nil, "OpenSSL has no HMAC with SHA-256: its default provider is missing or disabled")
            count = byteCount
        }
    }

    /// The authentication code of one whole message: 32 bytes.
    public static func authenticate(key: [UInt8], message: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { authenticate(key: key, message: $0) }
    }
}

/// Whether two sequences of bytes are the same, in a time that depends on their lengths alone.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            left.count == 0 || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}

/// Bytes that nobody can guess, from OpenSSL's generator, which is seeded by the operating system.
///
/// - Throws: ``OpenSSLError`` where no entropy is to be had.
public func secureRandomBytes(_ count: Int) throws(OpenSSLError) -> [UInt8] {
    guard let length = Int32(exactly: count), length >= 0 else {
        throw OpenSSLError(.invalidInput, "Cannot make \(count) random bytes at once")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    guard bytes.withUnsafeMutableBufferPointer({ RAND_bytes($0.baseAddress, length) }) == 1 || count == 0 else {
        throw OpenSSLError.fromQueue(.failed, "The system gave no random bytes: check that /dev/urandom can be read")
    }
    return bytes
}

/// Keys that are derived from a key (RFC 5869, HKDF with SHA-256; the step "expand" alone, since what they are derived from is
/// uniformly random already).
public enum HKDFSHA256 {
    /// A key of 32 bytes that says nothing of `key` or of those with another `info`.
    public static func expand(_ key: [UInt8], info: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(key: key, message: info + [1])
    }
}
