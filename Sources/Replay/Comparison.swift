public import EventLog
public import Events
import Projections
public import State

/// A projection in which a kept state is not what the log says.
public struct ProjectionFinding: Sendable {
    /// What is wrong about it.
    public enum Cause: String, Sendable {
        /// It came to something else when it was folded: its kept digest differs too.
        case fold
        /// Its kept digest is that of the log and its rows are not: they were changed after they had been folded, and not by folding.
        case rows
    }

    public let projection: String
    public let cause: Cause
    public let tenants: [TenantID]
    /// The first event from which on the two part, as far as their rows tell: the first one that a row lacks; of a row that is the
    /// fold of no events, the first that touches it.
    public let firstPosition: LogPosition?
    /// Rows that differ, with what the log says of them; the first ones of each table.
    public let rows: [RowHistory]
}

extension Replay {
    /// Rows of one table that are looked into.
    static let rowsPerTable = 256

    /// Compares a kept state, row by row where it has to be, with the one that was rebuilt of as many events.
    ///
    /// Both the digests that were kept and those that the rows come to now have to be those of the log.
    /// - Parameter rebuilt: the state that the report is of.
    /// - Returns: nothing where they are equal.
    public static func findings(
        _ report: ReplayReport, rebuilt: StateStore, live: borrowing StateView, log: EventLog,
        progress: (StateProgress) -> Void = { _ in }
    ) throws -> [ProjectionFinding] {
        let kept = report.digests.differences(from: try live.digests())
        let rows = try live.verifyDigests()
        let names = Set((kept + rows).map(\.projection))
        guard !names.isEmpty else { return [] }
        let projections = AllProjections.list.filter { names.contains($0.name) }
        let tables = projections.flatMap { $0.tables }
        let differences = try live.differences(fromRebuilt: rebuilt, in: tables, limit: rowsPerTable)
        let histories = try differences.histories(in: log, upTo: report.events, progress: progress)
        return projections.map { projection in
            let own = histories.filter { projection.tables.contains($0.difference.table) }
            let tenants = Set((kept + rows).filter { $0.projection == projection.name }.map(\.tenant))
            return ProjectionFinding(
                projection: projection.name,
                cause: kept.contains { $0.projection == projection.name } ? .fold : .rows,
                tenants: tenants.sorted(), firstPosition: own.compactMap { $0.firstMissing ?? $0.first }.min(),
                rows: own)
        }
    }
}
