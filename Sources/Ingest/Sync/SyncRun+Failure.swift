import Events
import Projections
import ProviderKit
import State

extension SyncRun {
    /// Records the failure and what follows from it.
    ///
    /// - Returns: what the caller throws.
    mutating func record(_ failure: Failure) async throws -> IngestError {
        let failure = named(failure)
        let events = takeUnrecorded() + [.syncFailed(SyncFailed(attempt: attempt, failure: failure))]
        if let reason = suspension(after: failure) {
            let suspended = Event.repositorySuspended(RepositorySuspended(reason: reason, note: failure.message))
            // A webhook may have said more meanwhile.
            let known = try engine.state.read { view in try view.repository(repository.id) }?.suspension?.reason
            let isNew = known == nil || known == .archived
            try await append(events + (isNew ? [suspended] : []) + [dropped(.repository)])
            return IngestError(
                .syncFailed,
                "\(failure.message) (suspended: what is known of it stays\(Self.outlook(reason)))",
                failure: failure)
        }
        let now = engine.clock()
        switch engine.options.retryPolicy.verdict(job: job, attempt: attempt, failure: failure, now: now) {
        case .retry(let at):
            try await append(events + [retry(attempt + 1, at, failure)])
            return IngestError(
                .syncFailed, "\(failure.message) (attempt \(attempt); to be tried again at \(at.rfc3339))",
                failure: failure, retryAt: at)
        case .postpone(let until):
            try await append(events + [retry(attempt, until, failure)])
            return IngestError(
                .syncFailed, "\(failure.message) (put off until \(until.rfc3339))", failure: failure, retryAt: until)
        case .giveUp where try reason == .schedule && hasLetter(failure.code):
            try await append(events + [dropped(.duplicate)])
            return IngestError(.syncFailed, "\(failure.message) (a dead letter says so already)", failure: failure)
        case .giveUp:
            let letter = JobDeadLettered(job: job, attempts: attempt, failure: failure)
            try await append(events + [.jobDeadLettered(letter)])
            return IngestError(
                .syncFailed, "\(failure.message) (given up; `dead-letters show \(job.rawValue)` tells more)",
                failure: failure)
        }
    }

    private static func outlook(_ reason: SuspensionReason) -> String {
        reason == .overLimit ? "" : ", and it is asked for now and then"
    }

    private func dropped(_ reason: DropReason) -> Event { .jobDropped(JobDropped(job: job, reason: reason)) }

    /// Whether somebody was told of such a failure already: polls go on meanwhile, and do not tell it again and again.
    private func hasLetter(_ code: String) throws -> Bool {
        try engine.state.read { view in try view.jobs(of: repository.id, state: .deadLettered) }
            .contains { $0.failure?.failure.code == code }
    }

    /// The attempt ends since the process does. It is repeated as soon as somebody works again, and did not count.
    mutating func park() async throws {
        let failure = Failure(
            .transient, code: "parked", message: "the process ended; the work goes on when it starts again")
        try await append(takeUnrecorded() + [retry(attempt, engine.clock(), failure)])
    }

    /// With the credential whose limit it is, where that is known.
    func named(_ failure: Failure) -> Failure {
        var failure = failure
        if failure.errorClass == .rateLimited, failure.quota.isEmpty { failure.quota = repository.quota }
        return failure
    }

    private func retry(_ attempt: UInt32, _ at: Timestamp, _ failure: Failure) -> Event {
        .retryScheduled(RetryScheduled(job: job, attempt: attempt, at: at, failure: failure))
    }

    /// Whether the failure says that the source cannot be read for now, rather than that something is wrong.
    private func suspension(after failure: Failure) -> SuspensionReason? {
        switch failure.code {
        case "takenDown": .takenDown
        case IngestError.Code.limitReached.rawValue: .overLimit
        case ProviderError.Code.replaced.rawValue: .deleted
        // What was never read may be misspelt.
        case ProviderError.Code.notFound.rawValue: repository.lastCommit == nil ? nil : .accessLost
        default: nil
        }
    }
}
