import EventLog
public import Events
import Projections
import State

extension Engine {
    /// Asks for a sync, which whoever works off what is due then carries out.
    ///
    /// - Returns: the job. Where one of the repository is open already, it is that one.
    /// - Throws: `IngestError` (unknownRepository, removed).
    public func requestSync(_ id: RepositoryID, reason: SyncReason = .command) async throws -> LogPosition {
        var job: LogPosition?
        try await decide(on: id) { row in
            job = try state.read { view in try view.jobs(of: id).first { $0.state != .deadLettered }?.id }
            guard job == nil else { return nil }
            return EventDraft(.syncRequested(SyncRequested(reason: reason)), tenant: row.tenant, domain: row.domain)
        }
        defer { signal.fire() }
        // Whoever was first names the oldest open one.
        if let job { return job }
        guard let open = try state.read({ view in try view.jobs(of: id).first { $0.state != .deadLettered }?.id })
        else {
            // It was carried out already.
            return try repository(id).lastPosition
        }
        traces.remember(open)
        return open
    }
}
