public import Events

/// Something that was missed and is not here yet. Its key is the repository (8; 2^64 − 1 where none is known) and its
/// position (8).
public struct GapRow: Sendable, Equatable {
    /// Where its `GapDetected` stands.
    public var position: LogPosition
    public var repository: RepositoryID?
    public var tenant: TenantID
    public var detectedAt: Timestamp
    public var gap: GapDetected

    public init(
        position: LogPosition, repository: RepositoryID?, tenant: TenantID, detectedAt: Timestamp, gap: GapDetected
    ) {
        self.position = position
        self.repository = repository
        self.tenant = tenant
        self.detectedAt = detectedAt
        self.gap = gap
    }

    /// What the keys of a repository's gaps begin with.
    public static func scope(_ repository: RepositoryID?) -> [UInt8] {
        var key: [UInt8] = []
        key.put(repository?.rawValue ?? .max)
        return key
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        let number = try keyReader.uint64()
        repository = number == .max ? nil : RepositoryID(number)
        position = try keyReader.position()
        tenant = try SplitRow.tenant(row)
        var open = ByteReader(SplitRow.open(row))
        var sealed = ByteReader(SplitRow.sealed(row))
        detectedAt = try open.timestamp()
        gap = GapDetected(reason: try open.known("reason for a gap"))
        gap.expected = try open.optionalSHA1()
        gap.found = try open.optionalSHA1()
        gap.delivery = try open.text()
        gap.ref = try sealed.string()
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        open.put(detectedAt)
        open.put(gap.reason.rawValue)
        open.put(optional: gap.expected)
        open.put(optional: gap.found)
        open.put(text: gap.delivery)
        sealed.put(string: gap.ref)
        return SplitRow.encode(tenant: tenant, open: open, sealed: sealed)
    }
}
