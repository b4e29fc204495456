public import Events
import OpenSSL

extension TenantKeys: ContentKeys {
    public func newContentKey(for domain: Domain) throws -> (key: KeyID, salt: [UInt8])? {
        guard domain.owner != .none else { return nil }
        return (try sealingKey(of: domain.owner), try randomBytes(ContentKeySalt.byteCount))
    }

    public func contentKey(_ key: KeyID, salt: [UInt8]) throws -> [UInt8] {
        switch try tenantKey(key) {
        case .present(let bytes): return HKDFSHA256.expand(bytes, info: Self.shardInfo + salt)
        case .erased:
            throw SealingFailure(
                .erased, TenantID(key.rawValue), "tenant \(key.rawValue) was erased, with its contents")
        case .missing(let reason):
            throw SealingFailure(
                .keyMissing, TenantID(key.rawValue),
                "the key of tenant \(key.rawValue) is missing (\(reason)): restore the folder keys and the master key")
        }
    }
}
