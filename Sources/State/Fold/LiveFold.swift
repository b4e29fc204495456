import LMDB
import Projections

/// Applies routed deltas to the rows that are stored.
struct LiveFold {
    let tables: StateTables

    /// Empties `deltas` into the tables, and what is derived from them.
    func apply(
        _ deltas: inout Deltas, _ folder: inout RowFolder, _ transaction: inout WriteTransaction
    ) throws {
        for table in Table.allCases {
            try apply(table, deltas.arenas[table.index], &folder, &transaction)
            let derived = folder.derivation.deltas.arenas[table.index]
            try apply(table, derived, &folder, &transaction)
        }
        let derivedSums = folder.derivation.deltas.sums
        for sums in [deltas.sums, derivedSums] {
            for (sum, counters) in sums { try add(counters, to: sum, &folder, &transaction) }
        }
        deltas.removeAll()
        folder.derivation.deltas.removeAll()
    }

    private func apply(
        _ table: Table, _ arena: DeltaArena, _ folder: inout RowFolder, _ transaction: inout WriteTransaction
    ) throws {
        guard !arena.entries.isEmpty else { return }
        let database = tables[table]
        try arena.bytes.withUnsafeBytes { bytes in
            var source = ArenaSource(arena, bytes)
            while !source.isAtEnd {
                let key = source.key
                if table.rule == .insert || table.rule == .amend && table.begins(source.delta.count) {
                    // The key is new: it holds the event's position.
                    folder.row.remove()
                    try folder.foldGroup(table, &source)
                    guard folder.row.isPresent else { continue }
                    folder.countRow(table, key)
                    try transaction.put(database, key.bytes, folder.row.bytes.span.bytes)
                    continue
                }
                folder.row.load(try transaction.get(database, key.bytes))
                let wasPresent = folder.row.isPresent
                if wasPresent { try folder.takeOut(table, key) }
                try folder.foldGroup(table, &source)
                if folder.row.isPresent {
                    try folder.takeIn(table, key)
                    try transaction.put(database, key.bytes, folder.row.bytes.span.bytes)
                } else if wasPresent {
                    try transaction.delete(database, key.bytes)
                }
            }
        }
    }

    private func add(
        _ counters: Counters, to sum: Deltas.SumKey, _ folder: inout RowFolder,
        _ transaction: inout WriteTransaction
    ) throws {
        let key = sum.bytes
        var total = Counters.zero
        if let stored = try transaction.get(tables[sum.table], key) {
            total = Counters(stored)
            folder.count(sum.table, key.span.bytes, stored, isRemoval: true)
        }
        total.add(counters)
        if total.isZero {
            try transaction.delete(tables[sum.table], key)
        } else {
            let row = total.bytes
            folder.count(sum.table, key.span.bytes, row.span.bytes, isRemoval: false)
            try transaction.put(tables[sum.table], key, row)
        }
    }
}

extension RowFolder {
    /// Takes `row` into the digests.
    mutating func countRow(_ table: Table, _ key: UnsafeRawBufferPointer) {
        let bytes = row.bytes
        count(table, key.bytes, bytes.span.bytes, isRemoval: false)
    }

    /// Takes `row` into the digests and what is derived from it.
    mutating func takeIn(_ table: Table, _ key: UnsafeRawBufferPointer) throws(StateError) {
        let bytes = row.bytes
        count(table, key.bytes, bytes.span.bytes, isRemoval: false)
        try derive(table, key.bytes, bytes.span.bytes, isRemoval: false)
    }

    /// Takes `row` out of both.
    mutating func takeOut(_ table: Table, _ key: UnsafeRawBufferPointer) throws(StateError) {
        let bytes = row.bytes
        count(table, key.bytes, bytes.span.bytes, isRemoval: true)
        try derive(table, key.bytes, bytes.span.bytes, isRemoval: true)
    }
}
