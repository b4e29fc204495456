import Ingest
import Projections
import Queries
import Vault

/// Everything opened for writing.
struct WriteStore: Sendable {
    let engine: Engine
    let credentials: Credentials
    let vault: LazyVault
    let keys: TenantKeys
    let reader: ReadStore

    /// The same store for another tenant's commands.
    func scoped(to tenant: String) throws -> WriteStore {
        let queries = try Queries(log: reader.log, state: reader.state, silo: reader.silo, tenant: tenant)
        return WriteStore(
            engine: engine, credentials: credentials, vault: vault, keys: keys,
            reader: ReadStore(
                log: reader.log, state: reader.state, silo: reader.silo, queries: queries, providers: reader.providers))
    }
}
