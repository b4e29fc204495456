public import EventLog
public import Events
import LMDB
import Projections

/// What a state was built from, and what came out.
public struct BuildReport: Sendable {
    /// Events folded.
    public let events: UInt64
    /// Events, and items and blobs in them.
    public let items: UInt64
    public let digests: [DigestEntry]
    public var stateDigest: SHA256Hash { digests.stateDigest }
}

/// Builds a whole state from the log: routes all events, sorts the deltas by key in bounded memory, and appends each table's
/// rows in order. Gives the same rows and digests as folding event by event, and does not slow down as tables grow.
public enum StateBuilder {
    /// Builds the state of the first `count` events, or of all, into the directory `directory`.
    ///
    /// - Parameter directory: must not hold an environment. It is complete and on the device when this returns.
    /// - Throws: `StateError`, `LogError`, `LMDBError`.
    public static func build(
        log: EventLog, upTo count: UInt64? = nil, into directory: String, options: StateOptions = .init(),
        progress: (StateProgress) -> Void = { _ in }
    ) throws -> BuildReport {
        try Directories.create(directory)
        let tables = try StateTables(directory: directory, options: options, isReadOnly: false)
        guard try tables.environment.read({ try StateDescription($0, tables.meta) }) == nil else {
            throw StateError(.storage, "there is one in \(directory) already; build into another directory")
        }
        return try log.read { snapshot in
            let end = min(count ?? snapshot.count, snapshot.count)
            var folder = RowFolder()
            var spill = DeltaSpill(
                budgetBytes: options.memoryBudgetBytes, directory: options.temporaryDirectory ?? directory)
            var description = StateDescription()
            description.count = end
            description.rootCount = end
            description.root = try snapshot.root(size: end).bytes
            description.isClean = true
            description.bootID = options.bootID
            var items: UInt64 = 0
            try snapshot.forEach(in: LogPosition(0)..<LogPosition(end)) { position, record in
                items += UInt64(try folder.route(record, at: position, keys: log.keys, into: &spill.deltas))
                try spill.spillIfNeeded()
                if position.rawValue + 1 == end { description.lastLeaf = record.leafHash }
                if position.rawValue.isMultiple(of: progressEvents) {
                    progress(StateProgress(phase: .events, done: position.rawValue, total: end))
                }
            }
            let runs = try spill.finish()
            let loader = TableLoader(tables: tables)
            for table in Table.allCases {
                progress(
                    StateProgress(
                        phase: .tables, done: UInt64(table.index), total: UInt64(Table.allCases.count)))
                try loader.load(table, &spill.deltas, runs, &folder)
            }
            let entries = folder.ledger.entries()
            try tables.environment.write { transaction in
                for (key, sum) in entries { try tables.write(sum, key, &transaction) }
                try folder.keyUse.write(&transaction, tables.meta)
                try description.write(&transaction, tables.meta)
            }
            try tables.environment.sync(force: true)
            return BuildReport(events: end, items: items, digests: folder.ledger.digestEntries())
        }
    }

    /// Events between two reports of progress.
    private static let progressEvents: UInt64 = 1024
}
