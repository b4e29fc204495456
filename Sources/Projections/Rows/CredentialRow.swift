public import Events

/// A tenant's access to a provider. Its key is the position of its `CredentialStored`.
public struct CredentialRow: Sendable, Equatable {
    public var id: LogPosition
    public var tenant: TenantID
    public var provider: String
    public var kind: CredentialKind
    public var name: String
    public var installation: UInt64?
    public var expiresAt: Timestamp?
    public var storedAt: Timestamp
    public var refreshedAt: Timestamp?
    public var revokedAt: Timestamp?
    public var revocation: RevocationReason?

    public var isRevoked: Bool { revokedAt != nil }

    public init(id: LogPosition, tenant: TenantID, event: CredentialStored, storedAt: Timestamp) {
        self.id = id
        self.tenant = tenant
        provider = event.provider
        kind = event.kind
        name = event.name
        installation = event.installation
        expiresAt = event.expiresAt
        self.storedAt = storedAt
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        id = try keyReader.position()
        tenant = try SplitRow.tenant(row)
        var open = ByteReader(SplitRow.open(row))
        var sealed = ByteReader(SplitRow.sealed(row))
        provider = try open.text()
        kind = try open.known("kind of credential")
        name = try sealed.text()
        installation = try open.optionalUInt64()
        expiresAt = try open.optionalTime()
        storedAt = try open.timestamp()
        refreshedAt = try open.optionalTime()
        revokedAt = try open.optionalTime()
        revocation = try open.flag() ? try open.known("reason for a revocation") : nil
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        open.put(text: provider)
        open.put(kind.rawValue)
        sealed.put(text: name)
        open.put(optional: installation)
        open.put(optional: expiresAt)
        open.put(storedAt)
        open.put(optional: refreshedAt)
        open.put(optional: revokedAt)
        open.append(revocation == nil ? 0 : 1)
        if let revocation { open.put(revocation.rawValue) }
        return SplitRow.encode(tenant: tenant, open: open, sealed: sealed)
    }
}
