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
        try await end(job, with: .jobDropped(JobDropped(job: job)))
    }

    private func end(_ id: LogPosition, with event: Event) async throws -> RepositoryID {
        let (job, repository) = try state.read { view in
            let job = try view.job(id)
            return (job, try job.flatMap { try view.repository($0.repository) })
        }
        guard let job, let repository, job.state == .deadLettered else {
            throw IngestError(
                .unknownJob, "\(id.rawValue) is no dead letter: `dead-letters list` shows those that there are")
        }
        let draft = EventDraft(
            event, tenant: job.tenant, domain: job.domain, repository: .position(LogPosition(repository.id.rawValue)),
            correlation: .position(id), causation: .position(repository.lastPosition))
        let expectation = Expectation.repository(repository.id, isAt: repository.lastPosition)
        _ = try await writer.append([draft], at: clock(), expectation: expectation)
        return repository.id
    }
}
