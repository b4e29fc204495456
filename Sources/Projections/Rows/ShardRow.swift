public import Events

/// A sealed shard.
public struct ShardRow: Sendable, Equatable {
    public var id: ShardID
    public var domain: Domain
    public var tenant: TenantID
    /// SHA-256 of the whole file.
    public var contentHash: SHA256Hash
    public var byteCount: UInt64
    public var blobCount: UInt64
    public var logicalBytes: UInt64
    /// The event that says so.
    public var sealedAt: LogPosition

    public init(
        id: ShardID, domain: Domain, tenant: TenantID, contentHash: SHA256Hash, byteCount: UInt64, blobCount: UInt64,
        logicalBytes: UInt64, sealedAt: LogPosition
    ) {
        self.id = id
        self.domain = domain
        self.tenant = tenant
        self.contentHash = contentHash
        self.byteCount = byteCount
        self.blobCount = blobCount
        self.logicalBytes = logicalBytes
        self.sealedAt = sealedAt
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        id = ShardID(rawValue: try keyReader.uint64())
        var reader = ByteReader(row)
        tenant = try reader.tenant()
        domain = try reader.domain()
        contentHash = try reader.sha256()
        byteCount = try reader.uint64()
        blobCount = try reader.uint64()
        logicalBytes = try reader.uint64()
        sealedAt = try reader.position()
        try reader.end()
    }

    func write(into row: inout [UInt8]) {
        row.put(tenant.rawValue)
        row.put(domain.rawValue)
        row.put(contentHash)
        row.put(byteCount)
        row.put(blobCount)
        row.put(logicalBytes)
        row.put(sealedAt)
    }
}
