public import Events

/// What sources said of the limits of each credential.
public enum RateLimitsProjection: Projection {
    public static let name = "rateLimits"
    public static let version: UInt32 = 2
    public static let tables: [Table] = [.rateLimits]

    /// Length of a quota's name that fits a key, in bytes.
    static let maximumQuotaByteCount = 400

    private enum Delta {
        static let told: UInt8 = 1
        static let refused: UInt8 = 2
    }

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        let header = envelope.header
        func add(_ quota: String, _ kind: UInt8, _ write: (inout [UInt8]) -> Void) {
            guard !quota.isEmpty, quota.utf8.count <= maximumQuotaByteCount else { return }
            deltas.add(.rateLimits) { key in
                key.put(header.tenant.rawValue)
                key += Array(quota.utf8)
            } delta: { delta in
                delta.append(kind)
                delta.put(header.tenant.rawValue)
                delta.put(header.time)
                write(&delta)
            }
        }
        switch envelope.event {
        case .pollCompleted(let event):
            add(event.quota, Delta.told) { $0.put(optional: event.rateLimit) }
        case .pollFailed(let event) where event.failure.errorClass == .rateLimited:
            add(event.failure.quota, Delta.refused) { $0.put(optional: event.failure.retryAt) }
        case .syncFailed(let event) where event.failure.errorClass == .rateLimited:
            add(event.failure.quota, Delta.refused) { $0.put(optional: event.failure.retryAt) }
        default: break
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        let kind = try reader.byte()
        let tenant = try reader.tenant()
        let at = try reader.timestamp()
        var limit = RateLimitRow(tenant: tenant, quota: "", at: at)
        if row.isPresent {
            limit = try RateLimitRow(key: key, decoding: row.bytes.span.bytes)
            limit.at = at
        }
        switch kind {
        case Delta.told:
            if try reader.flag() { limit.limit = try reader.rateLimit() }
            // An answer to something else does not end a pause before its time.
            if let retryAt = limit.retryAt, retryAt <= at { limit.retryAt = nil }
        case Delta.refused: limit.retryAt = try reader.optionalTime()
        default: throw DecodingFailure("delta \(kind) of a rate limit is unknown")
        }
        row.set(limit.encode())
    }
}
