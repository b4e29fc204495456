public import Events

/// A tenant.
public struct TenantRow: Sendable, Equatable {
    public var id: TenantID
    public var name: String
    public var createdAt: Timestamp
    /// Where it was added.
    public var position: LogPosition
    /// When it was decided that it be forgotten. Its name may be gone by then.
    public var erasedAt: Timestamp?
    /// What it may have; nothing is limited unless that was decided.
    public var limits = TenantLimits()

    public var isErased: Bool { erasedAt != nil }

    public init(id: TenantID, name: String, createdAt: Timestamp, position: LogPosition) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.position = position
    }

    public init(decoding row: RawSpan) throws(DecodingFailure) {
        id = try SplitRow.tenant(row)
        var open = ByteReader(SplitRow.open(row))
        createdAt = try open.timestamp()
        position = try open.position()
        erasedAt = try open.optionalTime()
        limits = TenantLimits(
            repositories: try open.optionalUInt64(), bytes: try open.optionalUInt64(),
            requestsPerMinute: try open.optionalUInt64())
        var sealed = ByteReader(SplitRow.sealed(row))
        name = try sealed.text()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        open.put(createdAt)
        open.put(position)
        open.put(optional: erasedAt)
        open.put(optional: limits.repositories)
        open.put(optional: limits.bytes)
        open.put(optional: limits.requestsPerMinute)
        var sealed: [UInt8] = []
        sealed.put(text: name)
        return SplitRow.encode(tenant: id, open: open, sealed: sealed)
    }
}
