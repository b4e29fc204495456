public import Events
public import Projections

extension StateView {
    /// The access whose token has this hash, revoked or not.
    public func token(_ hash: SHA256Hash) throws -> TokenRow? {
        try row(.tokens, hash.bytes, TokenRow.init(key:decoding:))
    }

    /// The access that tenants have to this service, in the order in which it was given.
    ///
    /// - Parameter tenant: nil for that of all tenants.
    public func tokens(of tenant: TenantID? = nil, includingRevoked: Bool = false) throws -> [TokenRow] {
        try all(.tokens, TokenRow.init(key:decoding:))
            .filter { (tenant == nil || $0.tenant == tenant) && (includingRevoked || !$0.isRevoked) }
            .sorted { $0.id < $1.id }
    }
}
