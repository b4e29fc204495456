import COpenSSL

/// A private key that signs with Ed25519 (RFC 8032).
public struct Ed25519PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// Length of the seed that a key is made from, in bytes.
    public static let seedByteCount = 32

    private let handle: Ed25519Handle
    /// The half that may be given away.
    public let publicKey: Ed25519PublicKey

    /// Shows nothing of the key.
    public var description: String { "Ed25519PrivateKey" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The key that a seed stands for.
    ///
    /// - Parameter seed: 32 bytes that nobody can guess: the private key of RFC 8032, section 5.1.5.
    /// - Throws: ``OpenSSLError``; it shows nothing of the seed.
    public init(seed: [UInt8]) throws(OpenSSLError) {
        guard seed.count == Self.seedByteCount else {
            throw OpenSSLError(.invalidInput, "An Ed25519 key is made from \(Self.seedByteCount) bytes")
        }
        guard let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count) else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL has no Ed25519: its default provider is missing")
        }
        handle = Ed25519Handle(owning: key)
        var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL does not give the public half of an Ed25519 key")
        }
        publicKey = try Ed25519PublicKey(bytes)
    }

    /// The signature of a message: 64 bytes, always the same for the same message.
    ///
    /// - Throws: ``OpenSSLError``.
    public func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL could not allocate a signing context")
        }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Ed25519PublicKey.signatureByteCount)
        var count = signature.count
        guard EVP_DigestSignInit_ex(context, nil, nil, nil, nil, handle.key, nil) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
            count == Ed25519PublicKey.signatureByteCount
        else { throw OpenSSLError.fromQueue(.failed, "The Ed25519 key does not sign") }
        return signature
    }
}

/// A public key, which verifies what its private key signed with Ed25519 (RFC 8032).
public struct Ed25519PublicKey: Sendable, Equatable {
    /// Length of a key in bytes.
    public static let byteCount = 32
    /// Length of a signature in bytes.
    public static let signatureByteCount = 64

    private let handle: Ed25519Handle
    /// The 32 bytes of RFC 8032, section 5.1.5.
    public let bytes: [UInt8]

    /// - Parameter bytes: 32 bytes.
    /// - Throws: ``OpenSSLError``.
    public init(_ bytes: [UInt8]) throws(OpenSSLError) {
        guard bytes.count == Self.byteCount else {
            throw OpenSSLError(.invalidInput, "An Ed25519 public key has \(Self.byteCount) bytes, not \(bytes.count)")
        }
        guard let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count) else {
            throw OpenSSLError.fromQueue(.invalidInput, "These bytes are no Ed25519 public key")
        }
        handle = Ed25519Handle(owning: key)
        self.bytes = bytes
    }

    /// Whether the signature is this key's, of this message.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, handle.key, nil) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }
}

/// Owns one key of OpenSSL.
///
/// `@unchecked Sendable`: a key is reference counted and never changed after it was made; OpenSSL allows any number of
/// threads to use one, each with a context of its own.
private final class Ed25519Handle: @unchecked Sendable {
    let key: OpaquePointer

    init(owning key: OpaquePointer) { self.key = key }

    deinit { EVP_PKEY_free(key) }
}
