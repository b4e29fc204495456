/// Keys with which the contents of tenants are encrypted where they are kept. One a shard, derived from the tenant's key.
public protocol ContentKeys: Sendable {
    /// What names the key of a new shard of a domain; nil: what is nobody's own stands in clear.
    ///
    /// - Throws: ``SealingFailure`` where the tenant was erased, or its key is not to be had.
    func newContentKey(for domain: Domain) throws -> (key: KeyID, salt: [UInt8])?

    /// The key of a shard that names `key` and `salt`: 32 bytes.
    ///
    /// - Throws: ``SealingFailure`` where it was destroyed, or is not to be had.
    func contentKey(_ key: KeyID, salt: [UInt8]) throws -> [UInt8]

    /// Bytes that nobody can guess.
    func randomBytes(_ count: Int) throws -> [UInt8]
}

/// The part of a key's name that stands in the shard: 16 random bytes.
public enum ContentKeySalt {
    public static let byteCount = 16
}
