import EventLog
public import Events
import Projections
import State

extension Engine {
    /// Makes a dead letter a job again; it is due at once.
    ///
    /// - Returns: its repository.
    /// - Throws: `IngestError` (unknownJob) where it is no dead letter.
    public func requeue(_ job: LogPosition) async throws -> RepositoryID {
        try await end(job, with: .jobRequeued(JobRequeued(job: job)))
    }

    /// Lets a dead letter rest for ever.
    ///
    /// - Returns: its repository.
    /// - Throws: `IngestError` (unknownJob) where it is no dead letter.
    public func drop(_ job: LogPosition) async throws -> RepositoryID {
        try await end(job, with: .jobDropped(JobDropped(job: job, reason: .command)))
    }

    private func end(_ id: LogPosition, with event: Event) async throws -> RepositoryID {
        guard let repository = try state.read({ view in try view.job(id) })?.repository else { throw Self.noLetter(id) }
        try await decide(on: repository) { _ in
            guard let job = try state.read({ view in try view.job(id) }), job.state == .deadLettered else {
                throw Self.noLetter(id)
            }
            return EventDraft(event, tenant: job.tenant, domain: job.domain, correlation: .position(id))
        }
        signal.fire()
        return repository
    }

    private static func noLetter(_ id: LogPosition) -> IngestError {
        IngestError(
            .unknownJob,
            "\(id.rawValue) is no dead letter, or none any more: `dead-letters list` shows those that there are, "
                + "`explain \(id.rawValue)` what became of a job")
    }
}
