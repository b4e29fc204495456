import EventLog
public import Events
public import Projections

/// The fold as plainly as it can be said: dictionaries, one event at a time, nothing sorted, nothing reused. What the
/// state does in batches and in bulk has to come to the same.
public struct MemoryState {
    public private(set) var tables: [Table: [[UInt8]: [UInt8]]] = [:]
    public private(set) var count: UInt64 = 0

    public init() {}

    public static func sha256(_ bytes: [UInt8]) -> SHA256Hash {
        var hasher = SHA256Hasher()
        return hasher.hash(bytes)
    }

    public mutating func fold(_ envelope: Envelope) throws {
        var deltas = Deltas()
        AllProjections.route(envelope, hash: Self.sha256, into: &deltas)
        try apply(deltas)
        count += 1
    }

    private mutating func apply(_ deltas: Deltas) throws {
        for table in Table.allCases {
            let arena = deltas.arenas[table.index]
            for entry in arena.entries {
                let keyEnd = Int(entry.offset) + Int(entry.keyByteCount)
                let key = Array(arena.bytes[Int(entry.offset)..<keyEnd])
                let delta = Array(arena.bytes[keyEnd..<keyEnd + Int(entry.deltaByteCount)])
                try apply(table, key, delta)
            }
        }
        for (sum, counters) in deltas.sums {
            var total = tables[sum.table]?[sum.bytes].map { Counters($0.span.bytes) } ?? .zero
            total.add(counters)
            tables[sum.table, default: [:]][sum.bytes] = total.isZero ? nil : total.bytes
        }
    }

    private mutating func apply(_ table: Table, _ key: [UInt8], _ delta: [UInt8]) throws {
        let before = tables[table]?[key]
        var row = RowBuffer()
        if let before { row.set(before) }
        switch table.rule {
        case .insert: row.set(delta)
        case .amend where table.begins(delta.count): row.set(delta)
        case .set: if delta.first == 1 { row.set(Array(delta.dropFirst())) } else { row.remove() }
        case .amend, .reduce:
            try AllProjections.byTable[table.index].reduce(
                table, key: key.span.bytes, row: &row, delta: delta.span.bytes)
        case .sum: return
        }
        let after = row.isPresent ? row.bytes : nil
        tables[table, default: [:]][key] = after
        guard table.hasDerived else { return }
        for (row, isRemoval) in [(before, true), (after, false)] {
            guard let row else { continue }
            var derivation = Derivation()
            derivation.isRemoval = isRemoval
            try AllProjections.byTable[table.index].derive(
                table, key: key.span.bytes, row: row.span.bytes, into: &derivation)
            try apply(derivation.deltas)
        }
    }

    /// Keys and rows of a table in the order of the keys.
    public func rows(_ table: Table) -> [(key: [UInt8], row: [UInt8])] {
        (tables[table] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (key: $0.key, row: $0.value) }
    }

    public func row(_ table: Table, _ key: [UInt8]) -> [UInt8]? { tables[table]?[key] }

    /// The digest of each projection for each tenant, from nothing but the rows.
    public func digests() -> [String: SHA256Hash] {
        var sums: [String: DigestSum] = [:]
        for table in Table.allCases {
            for (key, row) in rows(table) {
                var form = DigestForm()
                form.write(table, key: key.span.bytes, row: row.span.bytes)
                guard form.isDigested else { continue }
                let name = "\(AllProjections.byTable[table.index].name)/\(form.tenant.rawValue)"
                sums[name, default: DigestSum()].add(Self.sha256(form.bytes))
            }
        }
        return sums.filter { !$0.value.isZero }.mapValues(\.hash)
    }
}
