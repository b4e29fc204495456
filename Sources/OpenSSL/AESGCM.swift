import COpenSSL

/// Authenticated encryption by AES-256 in Galois/Counter mode (NIST SP 800-38D), with nonces of 96 bits and tags of 128.
public enum AESGCM {
    /// Length of a key in bytes.
    public static let keyByteCount = 32
    /// Length of a nonce in bytes. A key must never meet the same nonce twice.
    public static let nonceByteCount = 12
    /// By how many bytes a sealed message is longer than its plaintext.
    public static let tagByteCount = 16

    // A fetched algorithm is immutable and reference counted; it lives as long as the process.
    nonisolated(unsafe) static let cipher = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)

    /// Encrypts a message; the result is the ciphertext followed by its tag.
    ///
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - nonce: 12 bytes that this key never saw before.
    ///   - authenticated: what must be the same when it is opened, and is not part of the result.
    /// - Throws: ``OpenSSLError``.
    public static func seal(
        key: [UInt8], nonce: [UInt8], plaintext: [UInt8], authenticated: [UInt8] = []
    ) throws(OpenSSLError) -> [UInt8] {
        let context = try CipherContext.start(key: key, nonce: nonce, cipher: cipher, encrypts: true)
        try context.authenticate(authenticated)
        var output = try context.transform(plaintext[...])
        guard context.finish() else { throw OpenSSLError.fromQueue(.failed, "AES-256-GCM could not seal a message") }
        output.append(contentsOf: try context.tag())
        return output
    }

    /// Decrypts what ``seal(key:nonce:plaintext:authenticated:)`` made. Nothing is given out unless all of it is authentic.
    ///
    /// - Parameter sealed: the ciphertext followed by its 16-byte tag.
    /// - Throws: ``OpenSSLError``, `notAuthentic` where any of the four is not as it was.
    public static func open(
        key: [UInt8], nonce: [UInt8], sealed: [UInt8], authenticated: [UInt8] = []
    ) throws(OpenSSLError) -> [UInt8] {
        guard sealed.count >= tagByteCount else {
            throw OpenSSLError(.notAuthentic, "The sealed message is shorter than its tag: it was cut off")
        }
        let context = try CipherContext.start(key: key, nonce: nonce, cipher: cipher, encrypts: false)
        try context.authenticate(authenticated)
        let output = try context.transform(sealed.dropLast(tagByteCount))
        try context.expect(tag: Array(sealed.suffix(tagByteCount)))
        guard context.finish() else {
            ERR_clear_error()
            throw OpenSSLError(.notAuthentic, "The sealed message was made with another key, or was changed since")
        }
        return output
    }
}

/// One message on its way through a cipher.
private struct CipherContext: ~Copyable {
    private let context: OpaquePointer

    private init(owning context: OpaquePointer) { self.context = context }

    static func start(
        key: [UInt8], nonce: [UInt8], cipher: OpaquePointer?, encrypts: Bool
    ) throws(OpenSSLError) -> CipherContext {
        guard key.count == AESGCM.keyByteCount else {
            throw OpenSSLError(.invalidInput, "A key of AES-256 has 32 bytes, not \(key.count)")
        }
        guard nonce.count == AESGCM.nonceByteCount else {
            throw OpenSSLError(.invalidInput, "A nonce of AES-GCM has 12 bytes here, not \(nonce.count)")
        }
        guard let handle = EVP_CIPHER_CTX_new() else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL could not allocate a cipher context")
        }
        let context = CipherContext(owning: handle)
        guard EVP_CipherInit_ex2(handle, cipher, key, nonce, encrypts ? 1 : 0, nil) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL has no AES-256-GCM: its default provider is missing")
        }
        return context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    func authenticate(_ bytes: [UInt8]) throws(OpenSSLError) {
        guard !bytes.isEmpty else { return }
        var written: Int32 = 0
        guard let length = Int32(exactly: bytes.count),
            EVP_CipherUpdate(context, nil, &written, bytes, length) == 1
        else { throw OpenSSLError.fromQueue(.failed, "AES-256-GCM could not take in the authenticated bytes") }
    }

    func transform(_ input: ArraySlice<UInt8>) throws(OpenSSLError) -> [UInt8] {
        guard !input.isEmpty else { return [] }
        guard let length = Int32(exactly: input.count) else {
            throw OpenSSLError(.invalidInput, "A message for AES-256-GCM is at most 2 GiB long here")
        }
        var written: Int32 = 0
        var isDone = false
        let output = [UInt8](unsafeUninitializedCapacity: input.count) { output, count in
            isDone = input.withUnsafeBufferPointer {
                EVP_CipherUpdate(context, output.baseAddress, &written, $0.baseAddress, length) == 1
            }
            count = isDone ? Int(written) : 0
        }
        guard isDone, output.count == input.count else {
            throw OpenSSLError.fromQueue(.failed, "AES-256-GCM could not take in the message")
        }
        return output
    }

    func finish() -> Bool {
        var written: Int32 = 0
        var nothing: UInt8 = 0
        return EVP_CipherFinal_ex(context, &nothing, &written) == 1
    }

    func tag() throws(OpenSSLError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: AESGCM.tagByteCount)
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "AES-256-GCM gave no tag")
        }
        return tag
    }

    func expect(tag: [UInt8]) throws(OpenSSLError) {
        var tag = tag
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "AES-256-GCM did not take the tag")
        }
    }
}
