public import Projections
import State

/// What a tenant has.
public struct TenantUse: Sendable {
    public var tenant: TenantRow
    /// Sources that are watched.
    public var repositories: UInt64
    /// Bytes of all file versions that are kept.
    public var logicalBytes: UInt64
}

extension Queries {
    /// What the tenants that may be seen have.
    public func tenantUse() throws -> [TenantUse] {
        let tenants = try tenants()
        return try state.read { view in
            let sources = Dictionary(grouping: try view.repositories(of: scope), by: \.tenant)
            return try tenants.map { tenant in
                TenantUse(
                    tenant: tenant, repositories: UInt64(sources[tenant.id]?.count ?? 0),
                    logicalBytes: try view.statistics(of: tenant.id).logicalBytes)
            }
        }
    }
}
