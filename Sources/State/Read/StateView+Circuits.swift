public import EventLog
import Events
public import Projections

extension StateView {
    /// Which hosts nothing is sent to, worked out from what the log says of the attempts at their repositories since one of
    /// them was last brought up to date: what whoever works holds to, in any process and after it.
    ///
    /// - Parameter log: the one that this state follows.
    public func circuits(
        _ log: borrowing LogSnapshot, policy: Circuit.Policy = Circuit.Policy()
    ) throws -> CircuitBoard {
        var board = CircuitBoard(policy)
        for (host, suspect) in try suspects(policy) {
            try replay(host, suspect, log, into: &board)
        }
        return board
    }

    /// A host at which several repositories failed since it last served one.
    private struct Suspect {
        var repositories: [RepositoryRow] = []
        var served: LogPosition?

        func failures() -> Int {
            repositories.count { row in
                guard let last = row.lastFailure, CircuitBoard.isOfHost(last.failure) else { return false }
                return served.map { last.position > $0 } ?? true
            }
        }
    }

    private func suspects(_ policy: Circuit.Policy) throws -> [(key: String, value: Suspect)] {
        // What failed has a job that waits, or a dead letter. Mostly there are few, and no row of a repository is read.
        let failed = try jobs().filter { $0.failure.map { CircuitBoard.isOfHost($0.failure) } ?? false }
        guard Set(failed.map(\.repository)).count >= policy.failureCount else { return [] }
        var hosts: [String: Suspect] = [:]
        for row in try repositories() {
            guard let host = Circuit.host(of: row.locator) else { continue }
            hosts[host, default: Suspect()].repositories.append(row)
            guard let completed = row.lastCompleted else { continue }
            let served = hosts[host]?.served ?? completed
            hosts[host]?.served = max(completed, served)
        }
        return hosts.filter { $0.value.failures() >= policy.failureCount }.sorted { $0.key < $1.key }
    }

    private func replay(
        _ host: String, _ suspect: Suspect, _ log: borrowing LogSnapshot, into board: inout CircuitBoard
    ) throws {
        var positions: [LogPosition] = []
        for row in suspect.repositories where row.lastFailure != nil {
            let start = suspect.served.map { $0 + 1 } ?? LogPosition(row.id.rawValue)
            try forEachPosition(.repository(row.id), from: start) {
                positions.append($0)
                return true
            }
        }
        for position in positions.sorted() {
            guard let header = try log.header(at: position), let repository = header.repository else { continue }
            switch EventKind(rawValue: header.kind) {
            case .syncStarted:
                _ = board.admit(host, at: header.time)
            case .syncFailed:
                guard case .syncFailed(let event) = try log.envelope(at: position)?.event else { continue }
                board.failed(host, repository, event.failure, at: header.time)
            case .retryScheduled:
                // After a failure that changes nothing; without one the attempt was parked.
                board.release(host, at: header.time)
            default: break
            }
        }
    }
}
