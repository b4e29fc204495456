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
    /// At the counts of events that were asked for.
    public let digestsBefore: [[DigestEntry]]
    public var stateDigest: SHA256Hash { digests.stateDigest }
}

/// Builds a whole state from the log: routes all events, sorts the deltas by key in bounded memory, and appends each table's
/// rows in order. Gives the same rows and digests as folding event by event, and does not slow down as tables grow.
///
/// Parts of the log are routed and sorted by as many threads as are lent; then one merges and appends while another one hashes.
public enum StateBuilder {
    /// Builds the state of the first `count` events, or of all, into the directory `directory`.
    ///
    /// - Parameters:
    ///   - marks: counts of events, ascending, at which the digests are told too; at most ``maximumMarks``.
    ///   - directory: must not hold an environment, unless it was left by an attempt that was interrupted and both are
    ///     resumable. It is complete and on the device when this returns.
    /// - Throws: `StateError`, `LogError`, `LMDBError`.
    public static func build(
        log: EventLog, upTo count: UInt64? = nil, digestsAt marks: [UInt64] = [], into directory: String,
        options: StateOptions = .init(), progress: @escaping @Sendable (StateProgress) -> Void = { _ in }
    ) throws -> BuildReport {
        try Directories.create(directory)
        let logCount = try log.count
        let end = min(count ?? logCount, logCount)
        precondition(marks.count <= maximumMarks && marks.allSatisfy { $0 <= end }, "marks are counts within the log")
        let description = try description(log, end, options)
        let left = try UnfinishedBuild(description, marks, options).begin(in: directory)
        let tables = try StateTables(directory: directory, options: options, isReadOnly: false)
        guard try tables.environment.read({ try StateDescription($0, tables.meta) }) == nil else {
            throw StateError(.storage, "there is one in \(directory) already; build into another directory")
        }
        let router = LogRouter(
            log: log, plan: try GranulePlan(log, upTo: end, partBytes: options.partBytes), marks: marks,
            options: options,
            directory: options.isResumable ? directory : options.temporaryDirectory ?? directory, runs: left,
            progress: progress)
        let routed = try router.route()
        var keyUse = routed.keyUse
        let assembly = Assembly(
            tables: tables, routed: routed, intervalCount: marks.count + 1, options: options, directory: directory,
            progress: progress)
        var totals = try assembly.run()
        let last = totals.digests.removeLast()
        try tables.environment.write { transaction in
            for (key, sum) in totals.sums { try tables.write(sum, key, &transaction) }
            try keyUse.write(&transaction, tables.meta)
            try description.write(&transaction, tables.meta)
        }
        try tables.environment.sync(force: true)
        if options.isResumable { try UnfinishedBuild.end(in: directory) }
        return BuildReport(events: end, items: routed.items, digests: last, digestsBefore: totals.digests)
    }

    /// Whether a directory was left by an attempt that was interrupted, and can be gone on with.
    public static func isUnfinished(_ directory: String) throws -> Bool {
        try Directories.isThere("\(directory)/\(UnfinishedBuild.fileName)")
    }

    private static func description(_ log: EventLog, _ end: UInt64, _ options: StateOptions) throws -> StateDescription
    {
        var description = StateDescription()
        description.count = end
        description.rootCount = end
        description.isClean = true
        description.bootID = options.bootID
        try log.read { snapshot in
            description.root = try snapshot.root(size: end).bytes
            if end > 0, let last = try snapshot.record(at: LogPosition(end - 1)) {
                description.lastLeaf = last.leafHash
            }
        }
        return description
    }

    static func runName(_ granule: UInt32) -> String { "run-\(granule)" }

    /// Limit of the counts at which digests are told.
    public static let maximumMarks = 4096
}
