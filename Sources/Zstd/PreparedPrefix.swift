import CZstd

/// A prefix whose tables are made once, for many contents that are differences from it. Whoever decompresses takes it as an
/// ordinary prefix.
public final class PreparedPrefix: @unchecked Sendable {
    // Sendable, because libzstd only reads it once it is made.
    let dictionary: OpaquePointer

    /// What libzstd would take for a trained dictionary begins with this (RFC 8878, little-endian).
    private static let dictionaryMagic: [UInt8] = [0x37, 0xa4, 0x30, 0xec]

    /// - Returns: nil where the content cannot be prepared: it is empty, or would be taken for a trained dictionary.
    /// - Throws: `ZstdError` with ``ZstdError/Code/outOfMemory``.
    public init?(_ content: UnsafeRawBufferPointer, level: Int) throws(ZstdError) {
        guard !content.isEmpty, !content.starts(with: Self.dictionaryMagic) else { return nil }
        guard let made = ZSTD_createCDict(content.baseAddress, content.count, CInt(level)) else {
            throw ZstdError(.outOfMemory, "no memory for a prepared prefix")
        }
        dictionary = made
    }

    deinit {
        ZSTD_freeCDict(dictionary)
    }
}
