import EventLog
import Events
public import Projections
public import ProviderKit
import State
import Synchronization

/// Takes work that is due until it is cancelled: what was reported and asked for first, then what is tried again, then
/// repositories that nobody has asked for long. Finds what providers reported and never arrived.
///
/// Its only memory is the log: a process that is lost loses nothing but the attempts that were under way.
public final class Scheduler: Sendable {
    let engine: Engine
    let options: SchedulerOptions
    let audits: [any DeliveryAudit]
    private let published = Mutex(SchedulerStatus())
    private let adopted: Mutex<(polls: PollPolicy, version: Int)>

    /// - Parameter audits: of the providers that remember what they delivered.
    public init(engine: Engine, options: SchedulerOptions, audits: [any DeliveryAudit] = []) {
        self.engine = engine
        self.options = options
        self.audits = audits
        adopted = Mutex((options.polls, 0))
    }

    /// How often sources are polled, as of now, and how often that was changed.
    var polls: (polls: PollPolicy, version: Int) { adopted.withLock { $0 } }

    /// From now on sources are polled like this.
    public func poll(_ policy: PollPolicy) {
        adopted.withLock { $0 = (policy, $0.version + 1) }
        wake()
    }

    /// What it is doing.
    public var status: SchedulerStatus { published.withLock { $0 } }

    /// There may be work that was not there before.
    public func wake() { engine.signal.fire() }

    /// Works until its task is cancelled, and returns once all that was under way is parked.
    ///
    /// - Throws: `AppendError`, `StateError`: what cannot be recorded must not be done.
    public func run() async throws {
        try await pickUp()
        var run = try SchedulerRun(self)
        try await withThrowingTaskGroup(of: SchedulerRun.Happening.self) { group in
            do {
                while !Task.isCancelled {
                    try await run.pass(&group)
                    publish(run)
                    guard let happening = try await group.next() else { break }
                    try await run.take(happening)
                }
            } catch  where error is CancellationError || Task.isCancelled && !(error is AppendError) {
                // Ends in the orderly way.
            } catch {
                group.cancelAll()
                while let _ = await group.nextResult() {}
                throw error
            }
            group.cancelAll()
            while let _ = await group.nextResult() {}
        }
        try await engine.recordRejections()
        published.withLock { $0 = SchedulerStatus() }
    }

    private func publish(_ run: SchedulerRun) {
        let status = run.status
        published.withLock { $0 = status }
    }

    /// Takes up the attempts that were under way when an earlier process was lost.
    private func pickUp() async throws {
        let lost = try engine.state.read { view in try view.jobs(state: .started) }
        for job in lost where !engine.exclusion.isBusy(job.repository) {
            try await engine.takeUp(job)
        }
    }
}

extension Engine {
    /// Says of a job whose process was lost what follows: another attempt at once, or none where each ended like that.
    func takeUp(_ job: JobRow) async throws {
        let failure = Failure(
            .transient, code: "interrupted", message: "the process was lost in the middle of attempt \(job.attempts)")
        do {
            try await decide(on: job.repository) { row in
                guard try state.read({ view in try view.job(job.id) })?.state == .started else { return nil }
                let event: Event =
                    job.attempts >= options.retryPolicy.maximumAttempts
                    ? .jobDeadLettered(JobDeadLettered(job: job.id, attempts: job.attempts, failure: failure))
                    : .retryScheduled(
                        RetryScheduled(job: job.id, attempt: job.attempts + 1, at: clock(), failure: failure))
                return EventDraft(event, tenant: row.tenant, domain: row.domain, correlation: .position(job.id))
            }
        } catch let error as IngestError where error.code == .removed {
            try await dropJobs(of: job.repository)
        }
    }

    /// Nobody works on a repository that is not watched any more.
    func dropJobs(of repository: RepositoryID) async throws {
        let jobs = try state.read { view in try view.jobs(of: repository) }
        let drafts = jobs.map { job in
            EventDraft(
                .jobDropped(JobDropped(job: job.id, reason: .repository)), tenant: job.tenant, domain: job.domain,
                repository: .position(LogPosition(repository.rawValue)), correlation: .position(job.id),
                causation: .position(job.id))
        }
        if !drafts.isEmpty { _ = try await writer.append(drafts, at: clock()) }
    }
}
