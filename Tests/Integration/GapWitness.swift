import EventLog
import Events
import Projections
import Queries
import Silo
import State
import Synchronization

/// Stands between the log and its state, and asks for the status at the very moment in which a gap is recorded or closed:
/// nothing has happened since, so the status has to name it, or to have stopped.
final class GapWitness: LogFollower {
    private struct Seen {
        var named: Set<LogPosition> = []
        var faults: [String] = []
        var queries: Queries?
    }

    private let log: EventLog
    private let state: StateStore
    private let silo: Silo
    private let seen = Mutex(Seen())

    init(log: EventLog, state: StateStore, silo: Silo) {
        (self.log, self.state, self.silo) = (log, state, silo)
    }

    /// The gaps that a status has named.
    var named: Set<LogPosition> { seen.withLock { $0.named } }
    /// Where a status said something else than the log.
    var faults: [String] { seen.withLock { $0.faults } }

    func fold(_ batch: CommittedBatch) throws {
        try state.fold(batch)
        var (opened, closed): ([Envelope], [LogPosition]) = ([], [])
        try batch.forEach { position, record in
            switch EventKind(rawValue: try RecordHeader(record: record, at: position).kind) {
            case .gapDetected: opened.append(try Envelope(record: record, at: position))
            case .gapClosed:
                guard case .gapClosed(let event) = try Envelope(record: record, at: position).event else { break }
                closed.append(event.gap)
            default: break
            }
        }
        guard !opened.isEmpty || !closed.isEmpty else { return }
        for envelope in opened where !closed.contains(envelope.position) {
            if try isNamed(envelope.position, of: envelope.header.repository) {
                seen.withLock { _ = $0.named.insert(envelope.position) }
            } else {
                seen.withLock { $0.faults.append("the gap at \(envelope.position) is open and not in the status") }
            }
        }
        for gap in closed {
            let repository = try log.read { try $0.header(at: gap)?.repository }
            guard try isNamed(gap, of: repository) else { continue }
            seen.withLock { $0.faults.append("the gap at \(gap) is closed and still in the status") }
        }
    }

    private func isNamed(_ gap: LogPosition, of repository: RepositoryID?) throws -> Bool {
        let queries = try queries()
        guard let repository else { return try queries.missedDeliveries().contains { $0.position == gap } }
        return try queries.status(of: queries.repository(repository)).contains { status in
            status.gaps.contains { $0.position == gap }
        }
    }

    private func queries() throws -> Queries {
        if let queries = seen.withLock({ $0.queries }) { return queries }
        let queries = try Queries(log: log, state: state, silo: silo, tenant: "default")
        seen.withLock { $0.queries = queries }
        return queries
    }

    func lastPosition(of repository: RepositoryID) throws -> LogPosition? { try state.lastPosition(of: repository) }

    func holder(of claim: Claim) throws -> LogPosition? { try state.holder(of: claim) }
}
