public import Events

/// Up to where private records have been given up. One row, with the domain of webhooks as its key.
public enum RetentionProjection: Projection {
    public static let name = "retention"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.retention]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard case .bodiesReleased(let event) = envelope.event else { return }
        deltas.add(.retention) { key in
            key += RetentionRow.key
        } delta: { row in
            RetentionRow(
                through: event.through, bodies: UInt64(event.hashes.count), byteCount: event.byteCount,
                position: envelope.position
            ).write(into: &row)
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var next = try RetentionRow(decoding: delta)
        if row.isPresent {
            let before = try RetentionRow(decoding: row.bytes.span.bytes)
            next.through = max(next.through, before.through)
            next.bodies &+= before.bodies
            next.byteCount &+= before.byteCount
        }
        var bytes: [UInt8] = []
        next.write(into: &bytes)
        row.set(bytes)
    }
}
