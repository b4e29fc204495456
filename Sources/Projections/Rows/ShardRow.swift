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
    /// How much work compaction put into it; nil where a sync wrote it.
    public var effort: CompactionEffort?
    /// The event by which others have taken its place; nil where it is there.
    public var compacted: LogPosition?

    public var isCompacted: Bool { compacted != nil }

    public init(
        id: ShardID, domain: Domain, tenant: TenantID, contentHash: SHA256Hash, byteCount: UInt64, blobCount: UInt64,
        logicalBytes: UInt64, sealedAt: LogPosition, effort: CompactionEffort? = nil, compacted: LogPosition? = nil
    ) {
        self.id = id
        self.domain = domain
        self.tenant = tenant
        self.contentHash = contentHash
        self.byteCount = byteCount
        self.blobCount = blobCount
        self.logicalBytes = logicalBytes
        self.sealedAt = sealedAt
        self.effort = effort
        self.compacted = compacted
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
        let number = try reader.uint32()
        effort = CompactionEffort(rawValue: number)
        guard number == 0 || effort != nil else { throw DecodingFailure("effort \(number) of a shard is unknown") }
        compacted = try reader.optionalPosition()
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
        row.put(effort?.rawValue ?? 0)
        row.put(optional: compacted)
    }
}
