import EventLog
import Events
import Ingest
import Projections
import Queries

/// Everything opened for writing.
struct WriteStore: Sendable {
    let engine: Engine
    let writer: EventLogWriter
    let reader: ReadStore

    /// Appends what was found out about a content.
    func record(_ event: Event, in domain: Domain) async throws {
        let draft = EventDraft(event, tenant: TenantID(domain.rawValue), domain: domain)
        _ = try await writer.append([draft], at: Context.now())
    }

    /// The same store for another tenant's commands.
    func scoped(to tenant: String) throws -> WriteStore {
        let queries = try Queries(log: reader.log, state: reader.state, silo: reader.silo, tenant: tenant)
        return WriteStore(
            engine: engine, writer: writer,
            reader: ReadStore(
                log: reader.log, state: reader.state, silo: reader.silo, queries: queries, providers: reader.providers))
    }
}
