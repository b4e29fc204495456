public import Events

/// What a source last said of the limits of one credential. Its key is the tenant (4) and the quota's name.
public struct RateLimitRow: Sendable, Equatable {
    public var tenant: TenantID
    /// Names the credential, without telling it.
    public var quota: String
    public var limit: RateLimit?
    /// Work was told to wait until then; nil once the source has answered after that.
    public var retryAt: Timestamp?
    /// When that was.
    public var at: Timestamp

    public init(tenant: TenantID, quota: String, at: Timestamp) {
        self.tenant = tenant
        self.quota = quota
        self.at = at
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        guard key.byteCount >= 4 else { throw DecodingFailure("a rate limit's key has \(key.byteCount) bytes") }
        quota = key.extracting(4..<key.byteCount).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        var reader = ByteReader(row)
        tenant = try reader.tenant()
        limit = try reader.flag() ? try reader.rateLimit() : nil
        retryAt = try reader.optionalTime()
        at = try reader.timestamp()
        try reader.end()
    }

    public func encode() -> [UInt8] {
        var row: [UInt8] = []
        row.put(tenant.rawValue)
        row.put(optional: limit)
        row.put(optional: retryAt)
        row.put(at)
        return row
    }
}
