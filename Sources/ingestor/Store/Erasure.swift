import Events
import Ingest
import Projections
import State
import Vault

/// Carries out on the disk what `TenantErased` decided. Each step may be cut and is then done again, so that at the end nothing
/// is left that was the tenant's alone.
struct Erasure: Sendable {
    let store: WriteStore
    let state: StateStore

    init(_ store: WriteStore) {
        self.store = store
        state = store.reader.state
    }

    /// Finishes what was decided and cut.
    ///
    /// - Returns: the tenants that are gone now.
    @discardableResult
    func finish() async throws -> [TenantID] {
        var done: [TenantID] = []
        for tenant in try state.read({ view in try view.tenants() }) where tenant.isErased {
            guard try !store.vault.isErasureFinished(Self.key(of: tenant.id)) else { continue }
            try await finish(tenant.id)
            done.append(tenant.id)
        }
        return done
    }

    private func finish(_ id: TenantID) async throws {
        let key = Self.key(of: id)
        try store.vault.destroyTenantKey(key)
        store.keys.forget(key)
        for credential in try state.read({ view in try view.credentials(of: id, includingRevoked: true) }) {
            try store.vault.remove(id: credential.id)
        }
        try await store.engine.eraseContents(of: id, key: key)
        // Rows first: a snapshot that is taken after this is one of the new rows.
        try state.rebuildWhereErased()
        try state.removeSnapshots()
        try store.vault.finishErasure(key)
    }

    private static func key(of tenant: TenantID) -> KeyID { KeyID(rawValue: tenant.rawValue) }
}

extension LazyVault {
    /// Also where there is no master key: then nobody can be replacing it.
    func destroyTenantKey(_ id: KeyID) throws {
        if try data.missingMasterKey(given: givenKey) == nil {
            try open().destroyTenantKey(id)
        } else {
            try Vault.destroyTenantKey(id, in: data.tenantKeys)
        }
    }

    func isErasureFinished(_ id: KeyID) throws -> Bool { try Vault.isErasureFinished(id, in: data.tenantKeys) }
    func finishErasure(_ id: KeyID) throws { try Vault.finishErasure(id, in: data.tenantKeys) }
}
