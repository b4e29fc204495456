import Projections

/// Gathers deltas in memory up to a budget, and writes them to sorted runs beyond it.
struct DeltaSpill {
    var deltas = Deltas()
    private var runs: [SpillRun] = []
    private let budgetBytes: Int
    private let directory: String

    init(budgetBytes: Int, directory: String) {
        self.budgetBytes = budgetBytes
        self.directory = directory
    }

    /// Called after each event.
    mutating func spillIfNeeded() throws(StateError) {
        // A buffer that grows holds the old one too while it is copied, and sorting takes 16 bytes a delta of one table.
        guard deltas.memoryByteCount > budgetBytes / 2 else { return }
        try spill()
    }

    private mutating func spill() throws(StateError) {
        runs.append(try SpillRun.write(deltas, in: directory))
        let sums = deltas.sums
        deltas = Deltas()
        for (sum, counters) in sums { deltas.add(sum.table, key: sum.key, counters) }
    }

    /// The runs that were written. Where there are any all deltas are in them, and but the sums in memory.
    mutating func finish() throws(StateError) -> [SpillRun] {
        if !runs.isEmpty { try spill() }
        return runs
    }
}
