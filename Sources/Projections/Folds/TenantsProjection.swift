public import Events

/// Tenants by id.
public enum TenantsProjection: Projection {
    public static let name = "tenants"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.tenants]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard case .tenantAdded(let event) = envelope.event else { return }
        let row = TenantRow(
            id: event.id, name: event.name, createdAt: envelope.header.time, position: envelope.position)
        deltas.add(.tenants) {
            $0.put(event.id.rawValue)
        } delta: {
            $0.append(contentsOf: row.encode())
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        // An id is given once; where it were given twice, the first holder would keep it.
        if !row.isPresent { row.load(delta) }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: SplitRow.digested(row))
    }
}
