public import Events

/// Tenants by id.
public enum TenantsProjection: Projection {
    public static let name = "tenants"
    public static let version: UInt32 = 3
    public static let tables: [Table] = [.tenants]

    private enum Delta {
        static let added: UInt8 = 1
        static let erased: UInt8 = 2
        static let limited: UInt8 = 3
    }

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        if case .tenantErased(let event) = envelope.event {
            deltas.add(.tenants) {
                $0.put(event.id.rawValue)
            } delta: {
                $0.append(Delta.erased)
                $0.put(envelope.header.time)
            }
        }
        if case .tenantLimited(let event) = envelope.event {
            deltas.add(.tenants) {
                $0.put(envelope.header.tenant.rawValue)
            } delta: {
                $0.append(Delta.limited)
                $0.put(optional: event.limits.repositories)
                $0.put(optional: event.limits.bytes)
                $0.put(optional: event.limits.requestsPerMinute)
            }
        }
        guard case .tenantAdded(let event) = envelope.event else { return }
        let row = TenantRow(
            id: event.id, name: event.name, createdAt: envelope.header.time, position: envelope.position)
        deltas.add(.tenants) {
            $0.put(event.id.rawValue)
        } delta: {
            $0.append(Delta.added)
            $0.append(contentsOf: row.encode())
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        switch try reader.byte() {
        // An id is given once; where it were given twice, the first holder would keep it.
        case Delta.added: if !row.isPresent { row.load(delta.extracting(1..<delta.byteCount)) }
        case Delta.erased:
            guard row.isPresent else { return }
            var tenant = try TenantRow(decoding: row.bytes.span.bytes)
            let at = try reader.timestamp()
            tenant.erasedAt = tenant.erasedAt ?? at
            row.set(tenant.encode())
        case Delta.limited:
            guard row.isPresent else { return }
            var tenant = try TenantRow(decoding: row.bytes.span.bytes)
            tenant.limits = TenantLimits(
                repositories: try reader.optionalUInt64(), bytes: try reader.optionalUInt64(),
                requestsPerMinute: try reader.optionalUInt64())
            row.set(tenant.encode())
        case let kind: throw DecodingFailure("delta \(kind) of a tenant is unknown")
        }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: SplitRow.digested(row))
    }
}
