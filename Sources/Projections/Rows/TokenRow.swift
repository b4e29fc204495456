public import Events

/// A tenant's access to this service. Its key is the SHA-256 of the token.
public struct TokenRow: Sendable, Equatable {
    public var hash: SHA256Hash
    /// The position of its `TokenIssued`.
    public var id: LogPosition
    public var tenant: TenantID
    public var name: String
    public var issuedAt: Timestamp
    public var revokedAt: Timestamp?

    public var isRevoked: Bool { revokedAt != nil }

    public init(hash: SHA256Hash, id: LogPosition, tenant: TenantID, name: String, issuedAt: Timestamp) {
        self.hash = hash
        self.id = id
        self.tenant = tenant
        self.name = name
        self.issuedAt = issuedAt
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        hash = try keyReader.sha256()
        tenant = try SplitRow.tenant(row)
        var open = ByteReader(SplitRow.open(row))
        var sealed = ByteReader(SplitRow.sealed(row))
        id = try open.position()
        issuedAt = try open.timestamp()
        revokedAt = try open.optionalTime()
        name = try sealed.text()
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        open.put(id)
        open.put(issuedAt)
        open.put(optional: revokedAt)
        sealed.put(text: name)
        return SplitRow.encode(tenant: tenant, open: open, sealed: sealed)
    }
}
