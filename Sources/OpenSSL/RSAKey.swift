import COpenSSL

/// An RSA private key that signs (RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017; the `RS256` of RFC 7518).
public struct RSAPrivateKey: Sendable, CustomStringConvertible {
    /// Keys with fewer bits are refused: RFC 7518 asks for 2,048.
    public static let minimumBits = 2048

    private let handle: KeyHandle

    /// Shows nothing of the key.
    public var description: String { "RSAPrivateKey" }

    /// Reads a key in PEM: PKCS#1 (`RSA PRIVATE KEY`) or PKCS#8 (`PRIVATE KEY`), not encrypted.
    ///
    /// - Throws: ``OpenSSLError`` where it is none; the error shows nothing of it.
    public init(pem: String) throws(OpenSSLError) {
        let key = MemoryFile.reading(pem) { file in
            // Without this answer OpenSSL would ask the terminal for the passphrase of an encrypted key.
            PEM_read_bio_PrivateKey(file, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else {
            throw OpenSSLError.fromQueue(
                .invalidInput,
                "The private key is no unencrypted key in PEM form: give the whole file, with its BEGIN and END lines")
        }
        handle = try KeyHandle(owning: key)
    }

    private init(handle: KeyHandle) { self.handle = handle }

    /// A new key.
    ///
    /// - Parameter bits: the length of its modulus, at least 2,048.
    /// - Throws: ``OpenSSLError``.
    public static func generate(bits: Int = minimumBits) throws(OpenSSLError) -> RSAPrivateKey {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL has no RSA: its default provider is missing")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard let count = Int32(exactly: bits), EVP_PKEY_keygen_init(context) == 1,
            EVP_PKEY_CTX_set_rsa_keygen_bits(context, count) == 1, EVP_PKEY_generate(context, &key) == 1, let key
        else { throw OpenSSLError.fromQueue(.failed, "No RSA key of \(bits) bits could be made") }
        return RSAPrivateKey(handle: try KeyHandle(owning: key))
    }

    /// The signature of a message, as long as the key's modulus.
    ///
    /// - Throws: ``OpenSSLError``.
    public func signSHA256(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL could not allocate a signing context")
        }
        defer { EVP_MD_CTX_free(context) }
        // PKCS#1 version 1.5 is what OpenSSL pads with unless it is told otherwise.
        var count = 0
        guard EVP_DigestSignInit_ex(context, nil, "SHA256", nil, nil, handle.key, nil) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { throw OpenSSLError.fromQueue(.failed, "The RSA key does not sign") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "The RSA key does not sign")
        }
        signature.removeLast(signature.count - count)
        return signature
    }

    /// The half that may be given away.
    public var publicKey: RSAPublicKey { RSAPublicKey(handle: handle) }

    /// The key itself in PEM (PKCS#8, not encrypted): a secret.
    ///
    /// - Throws: ``OpenSSLError``.
    public func pem() throws(OpenSSLError) -> String {
        let key = handle.key
        return try MemoryFile.writing { file in
            PEM_write_bio_PKCS8PrivateKey(file, key, nil, nil, 0, nil, nil) == 1
        }
    }
}

/// An RSA public key, which verifies what its private key signed.
public struct RSAPublicKey: Sendable {
    private let handle: KeyHandle

    fileprivate init(handle: KeyHandle) { self.handle = handle }

    /// Reads a key in PEM (`PUBLIC KEY`).
    ///
    /// - Throws: ``OpenSSLError``.
    public init(pem: String) throws(OpenSSLError) {
        guard let key = MemoryFile.reading(pem, { PEM_read_bio_PUBKEY($0, nil, nil, nil) }) else {
            throw OpenSSLError.fromQueue(.invalidInput, "The public key is no key in PEM form")
        }
        handle = try KeyHandle(owning: key)
    }

    /// Whether the signature is this key's, of this message (RSASSA-PKCS1-v1_5 with SHA-256).
    public func verifySHA256(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit_ex(context, nil, "SHA256", nil, nil, handle.key, nil) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// The key in PEM (`PUBLIC KEY`).
    ///
    /// - Throws: ``OpenSSLError``.
    public func pem() throws(OpenSSLError) -> String {
        let key = handle.key
        return try MemoryFile.writing { PEM_write_bio_PUBKEY($0, key) == 1 }
    }
}

/// Owns one key of OpenSSL.
///
/// `@unchecked Sendable`: a key is reference counted and never changed after it was made; OpenSSL allows any number of
/// threads to read one, each with a context of its own.
private final class KeyHandle: @unchecked Sendable {
    let key: OpaquePointer

    /// Takes the key over, also where it is refused.
    init(owning key: OpaquePointer) throws(OpenSSLError) {
        self.key = key
        guard EVP_PKEY_is_a(key, "RSA") == 1 else {
            throw OpenSSLError(.invalidInput, "The key is not an RSA key")
        }
        guard EVP_PKEY_get_bits(key) >= RSAPrivateKey.minimumBits else {
            throw OpenSSLError(.invalidInput, "The RSA key is too short: it needs \(RSAPrivateKey.minimumBits) bits")
        }
    }

    deinit { EVP_PKEY_free(key) }
}

/// A file in memory, as OpenSSL's functions for PEM want one.
private enum MemoryFile {
    /// What `body` makes of the text; nil where it makes nothing, or there is no text.
    static func reading<Value>(_ text: String, _ body: (OpaquePointer) -> Value?) -> Value? {
        Array(text.utf8).withUnsafeBytes { bytes in
            guard let count = Int32(exactly: bytes.count), let file = BIO_new_mem_buf(bytes.baseAddress, count) else {
                return nil
            }
            defer { BIO_free(file) }
            return body(file)
        }
    }

    static func writing(_ body: (OpaquePointer) -> Bool) throws(OpenSSLError) -> String {
        guard let file = BIO_new(BIO_s_secmem() ?? BIO_s_mem()) else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL could not allocate a buffer")
        }
        defer { BIO_free(file) }
        guard body(file) else { throw OpenSSLError.fromQueue(.failed, "The key could not be written as PEM") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = BIO_read(file, &chunk, Int32(chunk.count))
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk.prefix(Int(count)))
        }
    }
}
