public import Events

/// Which event holds a claim.
public enum ClaimsProjection: Projection {
    public static let name = "claims"
    public static let version: UInt32 = 3
    public static let tables: [Table] = [.claims]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        let tenant = envelope.header.tenant
        if envelope.sealing != .open { return routeClear(envelope, hash: hash, into: &deltas) }
        switch envelope.event {
        case .tenantAdded(let event):
            hold(Claims.tenant(event.name, hash: hash), event.id, envelope.position, &deltas)
            hold(Claims.tenantNumber(event.id), event.id, envelope.position, &deltas)
        case .repositoryAdded(let event):
            hold(Claims.repository(tenant, event.locator, hash: hash), tenant, envelope.position, &deltas)
        case .repositoryRemoved(let event):
            release(Claims.repository(tenant, event.locator, hash: hash), &deltas)
        case .repositoryRenamed(let event):
            guard let repository = envelope.header.repository else { return }
            release(Claims.repository(tenant, event.old, hash: hash), &deltas)
            // Whoever looks a source up finds where it was added.
            hold(
                Claims.repository(tenant, event.new, hash: hash), tenant, LogPosition(repository.rawValue), &deltas)
        case .webhookReceived(let event):
            hold(Claims.delivery(event.provider, event.delivery, hash: hash), tenant, envelope.position, &deltas)
        default: break
        }
    }

    /// What can be claimed without what is sealed. Names that cannot be read any more are free.
    private static func routeClear(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        switch envelope.event {
        case .tenantAdded(let event): hold(Claims.tenantNumber(event.id), event.id, envelope.position, &deltas)
        case .webhookReceived(let event):
            hold(
                Claims.delivery(event.provider, event.delivery, hash: hash), envelope.header.tenant,
                envelope.position, &deltas)
        default: break
        }
    }

    private static func release(_ claim: [UInt8], _ deltas: inout Deltas) {
        deltas.add(.claims) {
            $0.append(contentsOf: claim)
        } delta: {
            $0.append(0)
        }
    }

    private static func hold(
        _ claim: [UInt8], _ tenant: TenantID, _ position: LogPosition, _ deltas: inout Deltas
    ) {
        deltas.add(.claims) {
            $0.append(contentsOf: claim)
        } delta: {
            $0.append(1)
            $0.put(tenant.rawValue)
            $0.put(position)
        }
    }

    /// Claims to sealed names, of sources and of tenants, are left out: which of them clash cannot be told once they are erased.
    /// They follow from the rows of repositories and tenants. Of the others the position says as much as the claim.
    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        if Claims.isSealed(key) { return form.skip() }
        let tenantEnd = min(4, row.byteCount)
        form.write(key: row.extracting(tenantEnd..<row.byteCount), row: row.extracting(0..<tenantEnd))
    }
}
