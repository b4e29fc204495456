import EventLog
public import Events
import Projections
import State

extension Engine {
    /// Decides what a tenant may have from now on. Sources that were suspended for want of room are tried again.
    ///
    /// - Throws: `IngestError` (unknownTenant).
    public func limit(_ tenant: TenantID, to limits: TenantLimits) async throws {
        guard let row = try state.read({ view in try view.tenant(tenant) }), !row.isErased else {
            throw IngestError(
                .unknownTenant, "there is no tenant \(tenant.rawValue): `tenant list` shows those that exist")
        }
        if row.limits != limits {
            let draft = EventDraft(.tenantLimited(TenantLimited(limits: limits)), tenant: tenant)
            _ = try await writer.append([draft], at: clock())
        }
        let (limit, kept) = try bytes(of: tenant)
        guard limit.map({ kept < $0 }) ?? true else { return }
        let waiting = try state.read { view in try view.repositories(of: tenant) }
            .filter { $0.suspension?.reason == .overLimit }
        for repository in waiting {
            try await decide(on: repository.id) { row in
                guard row.suspension?.reason == .overLimit else { return nil }
                return EventDraft(.repositoryResumed(RepositoryResumed()), tenant: row.tenant, domain: row.domain)
            }
            _ = try await requestSync(repository.id, reason: .command)
        }
    }

    /// What a tenant may have. Nothing is limited of one that is not known.
    func limits(of tenant: TenantID) throws -> TenantLimits {
        try state.read { view in try view.tenant(tenant) }?.limits ?? TenantLimits()
    }

    /// - Throws: `IngestError` (limitReached) where one source more is more than the tenant may have.
    func checkRoom(forRepositoriesOf tenant: TenantID) throws {
        let (limit, count) = try state.read { view in
            (try view.tenant(tenant)?.limits.repositories, UInt64(try view.repositories(of: tenant).count))
        }
        guard let limit, count >= limit else { return }
        throw IngestError(
            .limitReached,
            "the tenant watches \(count) repositories and may watch \(limit): remove one, or have `ingestor tenant set NAME "
                + "--max-repositories` allow more")
    }

    private func bytes(of tenant: TenantID) throws -> (limit: UInt64?, kept: UInt64) {
        try state.read { view in
            (try view.tenant(tenant)?.limits.bytes, try view.statistics(of: tenant).logicalBytes)
        }
    }

    /// - Throws: `IngestError` (limitReached) where so many bytes more are more than the tenant may keep.
    func checkRoom(forBytes bytes: UInt64, of tenant: TenantID, _ locator: Locator) throws {
        let (limit, kept) = try self.bytes(of: tenant)
        guard let limit else { return }
        let (sum, overflow) = kept.addingReportingOverflow(bytes)
        guard overflow || sum > limit else { return }
        throw IngestError(
            .limitReached,
            "\(locator) has at least \(bytes) bytes that are new; its tenant keeps \(kept) and may keep \(limit): remove "
                + "sources or history and collect (`ingestor gc`), or have `ingestor tenant set NAME --max-bytes` allow more; "
                + "then sync it")
    }
}
