import LMDB
import Projections

/// Appends the rows of one table after another.
struct TableLoader {
    let tables: StateTables

    /// Reduces the table's deltas, of `runs` and of memory, and appends the rows. What is derived from them is left in the
    /// folder, for the tables that come later.
    func load(
        _ table: Table, _ deltas: inout Deltas, _ runs: [SpillRun], _ folder: inout RowFolder
    ) throws {
        if table.rule == .sum { return try loadSums(table, deltas, &folder) }
        let segments = runs.compactMap { $0.source(table) }
        if !segments.isEmpty {
            var source = MergedSource(segments)
            try load(table, &source, &folder)
            return
        }
        // Derived tables are never routed to, and the others never derived.
        let routed = deltas.arenas[table.index]
        let arena = routed.entries.isEmpty ? folder.derivation.deltas.arenas[table.index] : routed
        try arena.bytes.withUnsafeBytes { bytes in
            var source = ArenaSource(arena, bytes)
            try load(table, &source, &folder)
        }
        deltas.release(table)
    }

    private func load(_ table: Table, _ source: inout some DeltaSource, _ folder: inout RowFolder) throws {
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
        }
    }

    private func loadSums(_ table: Table, _ deltas: Deltas, _ folder: inout RowFolder) throws {
        var totals = deltas.sums.filter { $0.key.table == table }
        for (sum, counters) in folder.derivation.deltas.sums where sum.table == table {
            totals[sum, default: .zero].add(counters)
        }
        let rows = totals.filter { !$0.value.isZero }.sorted { $0.key < $1.key }
        try tables.environment.makeRoom(bytes: StateLimits.buildRoomBytes)
        try tables.environment.writeOnce { transaction in
            for (sum, counters) in rows {
                let key = sum.bytes
                let row = counters.bytes
                folder.count(table, key.span.bytes, row.span.bytes, isRemoval: false)
                try transaction.append(tables[table], key, row)
            }
        }
    }
}
