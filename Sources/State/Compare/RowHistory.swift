public import EventLog
public import Events
import Projections

/// What the events of the log say of a row that is not what it should be.
public struct RowHistory: Sendable, Equatable {
    public let difference: RowDifference
    /// The first and the last event that touch the row; nil where none does by itself (sums, and what follows from other rows).
    public let first: LogPosition?
    public let last: LogPosition?
    /// The first event that the row lacks: up to it the row is the fold of the events before. Nil where the row is no such fold.
    public let firstMissing: LogPosition?
}

extension [RowDifference] {
    /// Folds the rows alone, event by event, and says from where on each one parts.
    ///
    /// - Throws: `StateError`, `LogError`, `LMDBError`.
    public func histories(
        in log: EventLog, upTo count: UInt64, progress: (StateProgress) -> Void = { _ in }
    ) throws -> [RowHistory] {
        var traces: [Place: Trace] = [:]
        for difference in self {
            traces[Place(table: difference.table, key: difference.key)] = Trace(difference)
        }
        var folder = RowFolder()
        var deltas = Deltas()
        try log.read { snapshot in
            try snapshot.forEach(in: LogPosition(0)..<LogPosition(count)) { position, record in
                _ = try folder.route(record, at: position, keys: log.keys, into: &deltas)
                for table in Table.allCases where !deltas.arenas[table.index].entries.isEmpty {
                    try Self.trace(table, deltas.arenas[table.index], position, &folder, &traces)
                }
                deltas.removeAll()
                if position.rawValue.isMultiple(of: 1024) {
                    progress(StateProgress(phase: .events, done: position.rawValue, total: count))
                }
            }
        }
        return map { difference in
            let trace = traces[Place(table: difference.table, key: difference.key)]
            return RowHistory(
                difference: difference, first: trace?.first, last: trace?.last, firstMissing: trace?.firstMissing)
        }
    }

    private static func trace(
        _ table: Table, _ arena: DeltaArena, _ position: LogPosition, _ folder: inout RowFolder,
        _ traces: inout [Place: Trace]
    ) throws {
        try arena.bytes.withUnsafeBytes { bytes in
            for entry in arena.entries {
                let start = Int(entry.offset)
                let end = start + Int(entry.keyByteCount)
                let place = Place(table: table, key: [UInt8](bytes[start..<end]))
                guard var trace = traces[place] else { continue }
                var source = SingleDelta(
                    key: UnsafeRawBufferPointer(rebasing: bytes[start..<end]),
                    delta: UnsafeRawBufferPointer(rebasing: bytes[end..<end + Int(entry.deltaByteCount)]))
                if let row = trace.row { folder.row.set(row) } else { folder.row.remove() }
                try folder.foldGroup(table, &source)
                trace.enter(folder.row.isPresent ? folder.row.bytes : nil, position)
                traces[place] = trace
            }
        }
    }
}

private struct Place: Hashable {
    let table: Table
    let key: [UInt8]
}

private struct Trace {
    private let live: [UInt8]?
    private(set) var row: [UInt8]?
    private(set) var first: LogPosition?
    private(set) var last: LogPosition?
    private(set) var firstMissing: LogPosition?

    init(_ difference: RowDifference) { live = difference.live }

    mutating func enter(_ next: [UInt8]?, _ position: LogPosition) {
        if row == live { firstMissing = position }
        row = next
        if row == live { firstMissing = nil }
        if first == nil { first = position }
        last = position
    }
}

/// One delta alone.
private struct SingleDelta: DeltaSource {
    let key: UnsafeRawBufferPointer
    let delta: UnsafeRawBufferPointer
    let interval: UInt16 = 0
    let sequence: UInt32 = 0
    private(set) var isAtEnd = false

    init(key: UnsafeRawBufferPointer, delta: UnsafeRawBufferPointer) {
        self.key = key
        self.delta = delta
    }

    mutating func advance() { isAtEnd = true }
}
