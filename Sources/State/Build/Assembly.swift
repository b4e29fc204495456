import LMDB
import Projections

/// Makes tables of what was routed: one thread merges, reduces and appends, and another one, where it is lent, hashes.
final class Assembly: @unchecked Sendable {
    // Sendable: each of the two threads has properties of its own, and they are read when both have ended.
    private let tables: StateTables
    private let options: StateOptions
    private let directory: String
    private let intervalCount: Int
    private let progress: @Sendable (StateProgress) -> Void
    private var routed: LogRouter.Routed
    private var ledgers: IntervalLedgers
    private var hashed: IntervalLedgers
    private var failure: (any Error)?

    init(
        tables: StateTables, routed: LogRouter.Routed, intervalCount: Int, options: StateOptions, directory: String,
        progress: @escaping @Sendable (StateProgress) -> Void
    ) {
        self.tables = tables
        self.routed = routed
        self.options = options
        self.directory = directory
        self.intervalCount = intervalCount
        self.progress = progress
        ledgers = IntervalLedgers(intervalCount: intervalCount)
        hashed = IntervalLedgers(intervalCount: intervalCount)
    }

    /// - Returns: the digests at the end of each interval, and the sums behind the last of them.
    func run() throws -> (digests: [[DigestEntry]], sums: [(key: DigestLedger.Key, sum: DigestSum)]) {
        // A small log is done before a thread has been started.
        if options.parallel.width > 1, routed.granuleCount > GranulePlan.inMemoryCount {
            let lane = HashingLane()
            options.parallel.run([
                { self.fold(lane) },
                { lane.work(&self.hashed) },
            ])
        } else {
            fold(nil)
        }
        if let failure { throw failure }
        ledgers.add(&hashed)
        return ledgers.takeTotals()
    }

    private func fold(_ lane: HashingLane?) {
        defer { lane?.close() }
        do {
            var folder = RowFolder(intervalCount: intervalCount, lane: lane)
            var loader = TableLoader(
                tables: tables, runs: routed.runs, directory: options.temporaryDirectory ?? directory)
            for table in Table.allCases {
                try options.checkCancellation()
                progress(
                    StateProgress(phase: .tables, done: UInt64(table.index), total: UInt64(Table.allCases.count)))
                try loader.load(table, &routed.deltas, &folder)
            }
            folder.flush()
            ledgers = folder.ledgers
        } catch {
            failure = error
        }
    }
}
