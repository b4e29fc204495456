import LMDB
import Projections

/// Appends the rows of one table after another.
struct TableLoader {
    let tables: StateTables
    /// What was routed, where it did not stay in memory.
    let runs: [SpillRun]
    /// What follows from rows, where there was much of it.
    private var derivedRuns: [SpillRun] = []
    private let directory: String

    init(tables: StateTables, runs: [SpillRun], directory: String) {
        self.tables = tables
        self.runs = runs
        self.directory = directory
    }

    /// Reduces the table's deltas, of the runs and of memory, and appends the rows. What is derived from them is left in the
    /// folder, for the tables that come later.
    mutating func load(_ table: Table, _ deltas: inout Deltas, _ folder: inout RowFolder) throws {
        if table.rule == .sum { return try loadSums(table, deltas, &folder) }
        // Derived tables are never routed to, and the others never derived.
        let derived = derivedRuns.compactMap { $0.source(table) }
        if !derived.isEmpty { try spill(&folder) }
        let sources = (runs + derivedRuns).compactMap { $0.source(table) }
        if !sources.isEmpty {
            var source = MergedSource(sources)
            try load(table, &source, &folder)
            return
        }
        let routed = deltas.arenas[table.index]
        let arena = routed.entries.isEmpty ? folder.derivation.deltas.arenas[table.index] : routed
        try arena.bytes.withUnsafeBytes { bytes in
            var source = ArenaSource(arena, bytes)
            try load(table, &source, &folder)
        }
        deltas.release(table)
    }

    private mutating func load(_ table: Table, _ source: inout some DeltaSource, _ folder: inout RowFolder) throws {
        while !source.isAtEnd {
            // The source goes on only, so the transaction cannot run twice.
            try tables.environment.makeRoom(bytes: StateLimits.buildRoomBytes)
            try tables.environment.writeOnce { transaction in
                var byteCount = 0
                while !source.isAtEnd, byteCount < StateLimits.buildTransactionBytes {
                    let key = source.key
                    folder.row.remove()
                    try folder.foldGroup(table, &source)
                    guard folder.row.isPresent else { continue }
                    try folder.takeIn(table, key)
                    try transaction.append(tables[table], key.bytes, folder.row.bytes.span.bytes)
                    byteCount += key.count + folder.row.bytes.count
                }
            }
            if folder.derivation.deltas.byteCount > StateLimits.derivedBytes { try spill(&folder) }
        }
    }

    /// Puts what is derived into a run. Sums stay.
    private mutating func spill(_ folder: inout RowFolder) throws {
        let deltas = folder.derivation.deltas
        // Of one key the earlier run comes first.
        derivedRuns.append(try SpillRun.write(deltas, in: directory))
        folder.derivation.deltas = Deltas()
        for (sum, counters) in deltas.sums { folder.derivation.deltas.add(counters, to: sum) }
    }

    private func loadSums(_ table: Table, _ deltas: Deltas, _ folder: inout RowFolder) throws {
        var changes = deltas.sums.filter { $0.key.table == table }
        for (sum, counters) in folder.derivation.deltas.sums where sum.table == table {
            changes[sum, default: .zero].add(counters)
        }
        // Interval by interval, each total in the place of the one before.
        var totals: [(sum: Deltas.SumKey, counters: Counters)] = []
        for (sum, change) in changes.sorted(by: { $0.key < $1.key }) {
            var total = change
            if let last = totals.last, last.sum.key == sum.key {
                count(table, last.sum, last.counters, isRemoval: true, from: sum.interval, &folder)
                total.add(last.counters)
                totals.removeLast()
            }
            count(table, sum, total, isRemoval: false, from: sum.interval, &folder)
            totals.append((sum, total))
        }
        let rows = totals.filter { !$0.counters.isZero }
        try tables.environment.makeRoom(bytes: StateLimits.buildRoomBytes)
        try tables.environment.writeOnce { transaction in
            for (sum, counters) in rows { try transaction.append(tables[table], sum.bytes, counters.bytes) }
        }
    }

    private func count(
        _ table: Table, _ sum: Deltas.SumKey, _ counters: Counters, isRemoval: Bool, from interval: UInt16,
        _ folder: inout RowFolder
    ) {
        guard !counters.isZero else { return }
        let (key, row) = (sum.bytes, counters.bytes)
        folder.count(table, key.span.bytes, row.span.bytes, isRemoval: isRemoval, from: interval)
    }
}
