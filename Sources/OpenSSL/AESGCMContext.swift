import COpenSSL

/// AES-256-GCM under one key, for many messages: the key's schedule is computed once, and so a short message costs little more
/// than its blocks. Move-only, because it is changed by one place at a time.
public struct AESGCMContext: ~Copyable {
    /// Which way it works.
    public enum Direction: Sendable {
        case seal
        case open
    }

    private let context: OpaquePointer
    private let direction: Direction

    /// - Parameter key: 32 bytes.
    /// - Throws: ``OpenSSLError``.
    public init(key: [UInt8], _ direction: Direction) throws(OpenSSLError) {
        guard key.count == AESGCM.keyByteCount else {
            throw OpenSSLError(.invalidInput, "A key of AES-256 has 32 bytes, not \(key.count)")
        }
        guard let context = EVP_CIPHER_CTX_new() else {
            throw OpenSSLError.fromQueue(.failed, "OpenSSL could not allocate a cipher context")
        }
        guard EVP_CipherInit_ex2(context, AESGCM.cipher, key, nil, direction == .seal ? 1 : 0, nil) == 1 else {
            EVP_CIPHER_CTX_free(context)
            throw OpenSSLError.fromQueue(.failed, "OpenSSL has no AES-256-GCM: its default provider is missing")
        }
        self.context = context
        self.direction = direction
    }

    // Overwrites the key too.
    deinit { EVP_CIPHER_CTX_free(context) }

    /// Begins a message.
    ///
    /// - Parameter nonce: 12 bytes; for sealing ones that this key never saw before.
    public mutating func start(nonce: UnsafeRawBufferPointer) throws(OpenSSLError) {
        guard nonce.count == AESGCM.nonceByteCount else {
            throw OpenSSLError(.invalidInput, "A nonce of AES-GCM has 12 bytes here, not \(nonce.count)")
        }
        let bytes = nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_CipherInit_ex2(context, nil, nil, bytes, direction == .seal ? 1 : 0, nil) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "AES-256-GCM did not take the nonce")
        }
    }

    /// Takes in bytes that have to be the same when the message is opened, and are not part of it. Before its first byte.
    public mutating func authenticate(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) {
        guard bytes.count > 0 else { return }
        var written: Int32 = 0
        guard let length = Int32(exactly: bytes.count),
            EVP_CipherUpdate(context, nil, &written, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), length)
                == 1
        else { throw OpenSSLError.fromQueue(.failed, "AES-256-GCM could not take in the authenticated bytes") }
    }

    /// Seals the message's only piece: writes the ciphertext and its tag.
    ///
    /// - Parameter output: as long as the plaintext and `AESGCM.tagByteCount` more.
    public mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(OpenSSLError) {
        precondition(direction == .seal && output.count == plaintext.count + AESGCM.tagByteCount)
        try transform(plaintext, into: output)
        guard finish() else { throw OpenSSLError.fromQueue(.failed, "AES-256-GCM could not seal a message") }
        let tag = output.baseAddress.map { $0 + plaintext.count }
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(AESGCM.tagByteCount), tag) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "AES-256-GCM gave no tag")
        }
    }

    /// Opens the message's only piece.
    ///
    /// - Parameter sealed: the ciphertext followed by its tag.
    /// - Throws: ``OpenSSLError``, `notAuthentic` where anything is not as it was.
    public mutating func open(_ sealed: UnsafeRawBufferPointer) throws(OpenSSLError) -> [UInt8] {
        precondition(direction == .open)
        guard sealed.count >= AESGCM.tagByteCount else {
            throw OpenSSLError(.notAuthentic, "The sealed message is shorter than its tag: it was cut off")
        }
        let length = sealed.count - AESGCM.tagByteCount
        var failure: OpenSSLError?
        let plaintext = [UInt8](unsafeUninitializedCapacity: length) { output, count in
            do throws(OpenSSLError) {
                try transform(
                    UnsafeRawBufferPointer(rebasing: sealed[..<length]), into: UnsafeMutableRawBufferPointer(output))
                count = length
            } catch { failure = error }
        }
        if let failure { throw failure }
        let tag = UnsafeMutableRawPointer(mutating: sealed.baseAddress.map { $0 + length })
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(AESGCM.tagByteCount), tag) == 1 else {
            throw OpenSSLError.fromQueue(.failed, "AES-256-GCM did not take the tag")
        }
        guard finish() else {
            ERR_clear_error()
            throw OpenSSLError(.notAuthentic, "The sealed message was made with another key, or was changed since")
        }
        return plaintext
    }

    private func transform(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(OpenSSLError) {
        guard input.count > 0 else { return }
        guard let length = Int32(exactly: input.count) else {
            throw OpenSSLError(.invalidInput, "A message for AES-256-GCM is at most 2 GiB long here")
        }
        var written: Int32 = 0
        guard
            EVP_CipherUpdate(
                context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &written,
                input.baseAddress?.assumingMemoryBound(to: UInt8.self), length) == 1, written == length
        else { throw OpenSSLError.fromQueue(.failed, "AES-256-GCM could not take in the message") }
    }

    private func finish() -> Bool {
        var written: Int32 = 0
        var nothing: UInt8 = 0
        return EVP_CipherFinal_ex(context, &nothing, &written) == 1
    }
}
