public import Events

/// How far the bodies of webhooks have been given up.
public struct RetentionRow: Sendable, Equatable {
    /// No webhook up to this position has a body any more, unless a later one came with the same bytes.
    public var through: LogPosition
    /// Bodies that went, and the sum of their sizes.
    public var bodies: UInt64
    public var byteCount: UInt64
    /// The last event that said so.
    public var position: LogPosition

    public init(through: LogPosition, bodies: UInt64, byteCount: UInt64, position: LogPosition) {
        self.through = through
        self.bodies = bodies
        self.byteCount = byteCount
        self.position = position
    }

    /// The key of the one row that there is.
    public static let key: [UInt8] = {
        var key: [UInt8] = []
        key.put(Domain.webhooks.rawValue)
        return key
    }()

    public init(decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(row)
        _ = try reader.tenant()
        through = try reader.position()
        bodies = try reader.uint64()
        byteCount = try reader.uint64()
        position = try reader.position()
        try reader.end()
    }

    func write(into row: inout [UInt8]) {
        row.put(TenantID.none.rawValue)
        row.put(through)
        row.put(bodies)
        row.put(byteCount)
        row.put(position)
    }
}
