public import Events
public import Projections
import State

/// Who asks, and so what there is to see.
public enum Viewer: Sendable, Hashable {
    /// Whoever runs the engine: all tenants.
    case everything
    /// A tenant: what is its own, and what is public.
    case tenant(TenantID)
}

extension Queries {
    /// Whether something belongs to whom this answers.
    func owns(_ owner: TenantID) -> Bool { seesEverything || owner == tenant?.id }

    /// Nil for those of all tenants. Never asked where there is no tenant.
    var scope: TenantID? { seesEverything ? nil : tenant?.id }

    /// Whether there is nobody whose anything could be.
    var isNobody: Bool { !seesEverything && tenant == nil }

    /// The tenants that may be seen: all, or the one who asks.
    public func tenants() throws -> [TenantRow] {
        seesEverything ? try state.read { view in try view.tenants() } : tenant.map { [$0] } ?? []
    }

    /// A tenant that may be seen, by its name.
    public func tenant(named name: String) throws -> TenantRow? {
        guard seesEverything else { return tenant?.name == name ? tenant : nil }
        return try state.read { view in try view.tenant(named: name) }
    }

    /// The name of a tenant that may be seen.
    public func tenantName(_ id: TenantID) throws -> String? {
        guard seesEverything else { return tenant?.id == id ? tenant?.name : nil }
        return try state.read { view in try view.tenant(id) }?.name
    }

    /// The access that has been given to whom this answers, in the order in which it was given.
    public func tokens(includingRevoked: Bool = false) throws -> [TokenRow] {
        guard !isNobody else { return [] }
        return try state.read { view in try view.tokens(of: scope, includingRevoked: includingRevoked) }
    }

    /// The access whose token has this hash, and its tenant; nil where there is none any more.
    ///
    /// For whoever lets somebody in, and so before anybody is known who could ask.
    public func access(_ hash: SHA256Hash) throws -> (token: TokenRow, tenant: TenantRow)? {
        try state.read { view in
            guard let token = try view.token(hash), !token.isRevoked, Self.areEqual(token.hash, hash),
                let tenant = try view.tenant(token.tenant)
            else { return nil }
            return (token, tenant)
        }
    }

    /// Whether there is any access at all.
    public func hasTokens() throws -> Bool { try state.read { view in try !view.tokens().isEmpty } }

    /// In a time that does not depend on where they differ.
    private static func areEqual(_ left: SHA256Hash, _ right: SHA256Hash) -> Bool {
        var difference: UInt8 = 0
        for (left, right) in zip(left.bytes, right.bytes) { difference |= left ^ right }
        return difference == 0
    }
}
