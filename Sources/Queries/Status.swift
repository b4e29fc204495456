import EventLog
public import Events
public import Projections
import State

/// How complete what is known of a source is.
public struct RepositoryStatus: Sendable {
    public let repository: RepositoryRow
    /// One a watched ref; there is one.
    public let refs: [RefStatus]
    /// What waits to be done.
    public let jobs: [JobRow]
    /// The same, with when each may go on and why not before.
    public let waiting: [WaitingJob]
    public let deadLetters: [JobRow]
    /// Its host keeps failing, and nothing is sent there for now.
    public let circuit: OpenCircuit?
    /// A limit lets none of its polls through for now; what is urgent may go on.
    public let pause: LimitPause?

    public var gaps: [Gap] { refs.flatMap(\.gaps) }
    public var isComplete: Bool { gaps.isEmpty }
}

/// What the source is known to have and the store has not.
public struct Gap: Sendable, Equatable {
    /// The commit that is complete; nil: none is.
    public var from: SHA1Hash?
    /// The commit that the source was seen at, or announced; nil: it was never seen.
    public var to: SHA1Hash?
    /// Since when.
    public var since: Timestamp
    /// `neverSynced`, `behind`, `announced`, `failing`, `suspended`; or why the log names a gap: `missedPush`, `missedWebhook`.
    public var reason: String
    /// Where the log names it.
    public var position: LogPosition?
}

extension Queries {
    /// The status of the tenant's sources, or of one.
    ///
    /// - Parameters:
    ///   - now: the present moment, to tell what is over.
    ///   - pause: until when a limit lets nothing through that is done for that reason, as far as the source's provider knows.
    public func status(
        of repository: RepositoryRow? = nil, at now: Timestamp? = nil,
        pause: (RepositoryRow, SyncReason) -> LimitPause? = { _, _ in nil }
    ) throws -> [RepositoryStatus] {
        try status(of: try repository.map { [$0] } ?? repositories(), at: now, pause: pause)
    }

    /// The status of some sources; see ``status(of:at:pause:)``.
    public func status(
        of rows: [RepositoryRow], at now: Timestamp? = nil,
        pause: (RepositoryRow, SyncReason) -> LimitPause? = { _, _ in nil }
    ) throws -> [RepositoryStatus] {
        let circuits = try circuits(at: now)
        return try state.read { view in
            try rows.map { row in
                let jobs = try view.jobs(of: row.id)
                let open = jobs.filter { $0.state != .deadLettered }
                let host = Circuit.host(of: row.locator)
                let circuit = circuits.first { $0.host == host }
                return RepositoryStatus(
                    repository: row, refs: [try Self.refStatus(row, view)], jobs: open,
                    waiting: open.map { WaitingJob($0, circuit: circuit, pause: pause(row, $0.reason)) },
                    deadLetters: jobs.filter { $0.state == .deadLettered }, circuit: circuit,
                    pause: pause(row, .schedule))
            }
        }
    }

    /// Hosts of the tenant's sources that nothing is sent to for now, worked out from the log: the same in every process.
    ///
    /// - Parameter now: those that may be tried again by then are left out.
    public func circuits(at now: Timestamp? = nil) throws -> [OpenCircuit] {
        let open = try log.read { log in try state.read { view in try view.circuits(log).open } }
        if open.isEmpty { return [] }
        let own = Set(try repositories().compactMap { Circuit.host(of: $0.locator) })
        return open.filter { circuit in
            guard own.contains(circuit.host) else { return false }
            guard let now, let until = circuit.until else { return true }
            return until > now
        }
    }

    private static func refStatus(_ row: RepositoryRow, _ view: borrowing StateView) throws -> RefStatus {
        let branch = row.configuration.branch ?? row.branch
        let ref = branch.map { Array("refs/heads/".utf8) + $0 } ?? []
        let announced = try row.externalID.flatMap { externalID in
            ref.isEmpty ? nil : try view.announcedRef(row.locator.provider, externalID, ref)
        }
        let recorded = try view.gaps(of: row.id)
        return RefStatus(
            ref: ref, commit: row.lastCommit, completeAsOf: row.completeAsOf, announced: announced?.commit,
            announcedAt: announced?.at, gaps: gaps(row, announced: announced, recorded: recorded))
    }

    /// What the log names first, and then what follows from what is known.
    static func gaps(_ row: RepositoryRow, announced: RefRow? = nil, recorded: [GapRow] = []) -> [Gap] {
        var gaps = recorded.map { gap in
            Gap(
                from: row.lastCommit, to: gap.gap.found, since: gap.detectedAt, reason: gap.gap.reason.name,
                position: gap.position)
        }
        // What is deleted or archived has nothing that is missing here.
        if let suspension = row.suspension, suspension.reason != .deleted, suspension.reason != .archived {
            gaps.append(Gap(from: row.lastCommit, to: nil, since: suspension.since, reason: "suspended"))
            return gaps
        }
        if row.lastCommit == nil {
            return gaps + [Gap(from: nil, to: row.polledHead, since: row.addedAt, reason: "neverSynced")]
        }
        if let head = row.polledHead, head != row.lastCommit, let seen = row.polledAt,
            row.lastSyncedAt.map({ seen > $0 }) ?? true
        {
            return gaps + [Gap(from: row.lastCommit, to: head, since: seen, reason: "behind")]
        }
        if let announced, let commit = announced.commit, commit != row.lastCommit,
            row.polledPosition.map({ announced.position > $0 }) ?? true
        {
            return gaps + [Gap(from: row.lastCommit, to: commit, since: announced.at, reason: "announced")]
        }
        if row.suspension == nil, let failure = row.lastFailure {
            return gaps + [Gap(from: row.lastCommit, to: nil, since: row.completeAsOf ?? failure.at, reason: "failing")]
        }
        return gaps
    }

    /// The tenant's jobs that gave up.
    public func deadLetters() throws -> [JobRow] {
        try state.read { view in try view.deadLetters() }.filter { owns($0.tenant) }
    }

    /// A job of the tenant; nil where there is none.
    public func job(_ id: LogPosition) throws -> JobRow? {
        let job = try state.read { view in try view.job(id) }
        return job.flatMap { owns($0.tenant) ? $0 : nil }
    }
}
