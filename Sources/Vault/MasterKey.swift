import OpenSSL

/// A key that seals, and the mark by which a file says that it did.
struct MasterKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// First bytes of the fingerprint that a file holds: enough to tell keys apart, and to tell people which one is meant.
    static let fingerprintByteCount = 8

    let bytes: KeyBytes
    /// The first bytes of SHA-256 over a label and the key. It cannot be turned back: a key has 256 random bits.
    let fingerprint: [UInt8]

    /// - Throws: ``VaultError`` unless there are 32 bytes.
    init(_ bytes: consuming [UInt8]) throws(VaultError) {
        guard bytes.count == AESGCM.keyByteCount else {
            throw VaultError(.invalid, "the master key has \(bytes.count) bytes, and must have 32")
        }
        var labelled = Array("ingestor vault key".utf8) + bytes
        fingerprint = Array(Digest.hash(.sha256, labelled).prefix(Self.fingerprintByteCount))
        labelled.wipe()
        self.bytes = KeyBytes(bytes)
    }

    var description: String { "•••" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
