public import EventLog
import Events
import LMDB
import Projections

extension StateStore {
    /// Opens the state in `directory`.
    ///
    /// A writer makes it where it is missing, builds it anew where it does not fit the log or cannot be trusted, and folds the log
    /// to its end. It has to hold the log alone. A reader takes it as it is, or throws.
    ///
    /// - Throws: `StateError`; for a reader with the code `missing`, `stale` or `unusable` where it cannot be used as it is.
    public static func open(
        directory: String, log: EventLog, mode: StateMode, options: StateOptions = .init(),
        progress: @escaping @Sendable (StateProgress) -> Void = { _ in }
    ) throws -> StateStore {
        switch mode {
        case .reader(let allowsStale):
            return try openReader(directory, log, mode, options, allowsStale: allowsStale)
        case .writer:
            return try openWriter(directory, log, options, progress)
        }
    }

    private static func openReader(
        _ directory: String, _ log: EventLog, _ mode: StateMode, _ options: StateOptions, allowsStale: Bool
    ) throws -> StateStore {
        let tables: StateTables
        do {
            tables = try StateTables(
                directory: directory, options: options, isReadOnly: true)
        } catch let error as LMDBError where error.code == .noSuchFile || error.code == .notFound {
            throw StateError(
                .missing, "there is none in \(directory); it is built by the next command that writes", cause: error)
        }
        let store = try StateStore(directory: directory, mode: mode, options: options, tables: tables, log: log)
        // The log first: the state may then be further, never behind for that reason.
        let logCount = try log.count
        if let reason = try store.unfitness() { throw StateError(.unusable, reason) }
        let count = try store.count
        if count < logCount, !allowsStale {
            throw StateError(.stale, "it has folded \(count) of the log's \(logCount) events")
        }
        return store
    }

    private static func openWriter(
        _ directory: String, _ log: EventLog, _ options: StateOptions,
        _ progress: @escaping @Sendable (StateProgress) -> Void
    ) throws -> StateStore {
        try Directories.create(directory)
        let new = directory + newSuffix
        try Directories.removeEnvironment(new)
        try Directories.removeEnvironment(directory + rebuiltSuffix)
        var opening = StateOpening(origin: .existing)
        let logCount = try log.count
        var present: UInt64 = 0
        switch try openExisting(directory, log, options, opening) {
        case .store(let store):
            present = try store.count
            if !options.catchUpOnOpen { return store }
            if !isFarBehind(present, logCount, options) {
                try store.catchUp(to: logCount, progress)
                return store
            }
        case .unfit(let reason): opening.reason = reason
        }
        // Whatever was open in there is closed by now.
        if let count = try restore(after: present, log, logCount, options, to: new, &opening, progress) {
            opening.origin = .snapshot(count)
        } else {
            opening.origin = .log
            _ = try StateBuilder.build(log: log, into: new, options: options, progress: progress)
        }
        try Directories.replaceEnvironment(directory, with: new)
        guard case .store(let store) = try openExisting(directory, log, options, opening) else {
            throw StateError(.unusable, "it does not fit the log although it was just built from it; verify the log")
        }
        // What came after the snapshot, or was appended meanwhile.
        try store.catchUp(to: try log.count, progress)
        return store
    }

    private static func isFarBehind(_ count: UInt64, _ logCount: UInt64, _ options: StateOptions) -> Bool {
        logCount - count > options.rebuildThresholdEvents && logCount - count > logCount / 2
    }

    /// Copies the newest snapshot that can be trusted and saves anything.
    ///
    /// - Returns: how many events it has folded; nil where there is none.
    private static func restore(
        after present: UInt64, _ log: EventLog, _ logCount: UInt64, _ options: StateOptions, to new: String,
        _ opening: inout StateOpening, _ progress: @escaping @Sendable (StateProgress) -> Void
    ) throws -> UInt64? {
        guard let directory = options.snapshotDirectory.map(SnapshotDirectory.init(path:)) else { return nil }
        for entry in try directory.entries() {
            if entry.count <= logCount {
                guard entry.count > present, !isFarBehind(entry.count, logCount, options) else { return nil }
            }
            progress(StateProgress(phase: .snapshot, done: 0, total: logCount))
            guard let reason = try directory.restore(entry, to: new, log) ?? unfitKeys(in: new, log, options) else {
                return entry.count
            }
            try Directories.removeEnvironment(new)
            opening.passedOver.append("\(entry.path): \(reason)")
        }
        return nil
    }

    /// Where a state is built that takes the place of another.
    private static let newSuffix = ".new"
    /// Where one is that takes its place while it is open.
    static let rebuiltSuffix = ".anew"

    private func catchUp(to end: UInt64, _ progress: @escaping @Sendable (StateProgress) -> Void) throws {
        var done = try count
        while done < end {
            done = try catchUp(to: end, limit: nil)
            progress(StateProgress(phase: .events, done: done, total: end))
        }
    }

    private enum Existing {
        case store(StateStore)
        case unfit(String)
    }

    /// The state that is there, if it fits.
    private static func openExisting(
        _ directory: String, _ log: EventLog, _ options: StateOptions, _ opening: StateOpening
    ) throws -> Existing {
        do {
            let tables = try StateTables(directory: directory, options: options, isReadOnly: false)
            let store = try StateStore(
                directory: directory, mode: .writer, options: options, tables: tables, log: log, opening: opening)
            return try store.unfitness().map { .unfit($0) } ?? .store(store)
        } catch let error as StateError where error.code == .unusable || error.code == .damaged {
            return .unfit(error.message)
        } catch let error as LMDBError where error.code == .corrupted || error.code == .invalidFile {
            return .unfit("its file is damaged: \(error)")
        }
    }

    /// Why this is not a state of the log, or not one to trust; nil where it is.
    private func unfitness() throws -> String? {
        guard let description = try tables.environment.read({ try StateDescription($0, tables.meta) }) else {
            return nil
        }
        if description.signature != AllProjections.signature {
            guard options.usesOutdated, AllProjections.canRead(rowsOf: description.signature) else {
                return "it was folded by another version"
            }
        }
        guard isTrusted(description) else { return "the machine was started anew before it was closed" }
        if let reason = try unfitKeys() { return reason }
        return try contradiction(description)
    }

    /// Whether nothing of it can have been lost with the machine's power.
    private func isTrusted(_ description: StateDescription) -> Bool {
        let isSameBoot = !options.bootID.isEmpty && description.bootID == options.bootID
        return description.isClean || isSameBoot || description.count == 0
    }

    /// What a state remembers of the log that the log does not have any more: it was wound back, or is another one. Nil where there
    /// is no such state, or none that can be trusted. Nobody may have it open for writing.
    public static func contradiction(
        in directory: String, log: EventLog, options: StateOptions
    ) throws -> String? {
        do {
            let tables = try StateTables(directory: directory, options: options, isReadOnly: true)
            let store = try StateStore(
                directory: directory, mode: .reader(allowsStale: true), options: options, tables: tables, log: log)
            guard let description = try tables.environment.read({ try StateDescription($0, tables.meta) }),
                store.isTrusted(description)
            else { return nil }
            return try store.contradiction(description)
        } catch is LMDBError {
            // One that is not there, was cut while it was made, or cannot be read, remembers nothing; whoever opens it for its
            // rows is told why, or makes it anew.
            return nil
        } catch is StateError {
            return nil
        }
    }

    /// What of the state and the log cannot both be true; nil where they fit.
    private func contradiction(_ description: StateDescription) throws -> String? {
        // The log after the state, so that it is never the one that is behind.
        return try log.read { snapshot in
            guard description.count <= snapshot.count else {
                return "it has more events than the log: it is that of another one"
            }
            if description.count > 0 {
                let last = try snapshot.record(at: LogPosition(description.count - 1))
                guard let leaf = last?.leafHash, leaf == description.lastLeaf else {
                    return "it is that of another log"
                }
            }
            if description.rootCount > 0 {
                guard description.rootCount <= snapshot.count,
                    try snapshot.root(size: description.rootCount).bytes == description.root
                else { return "the log's beginning is not what it was folded from" }
            }
            return nil
        }
    }

    /// Why the rows are not those that the keys give now; nil where they are.
    func unfitKeys() throws -> String? { try Self.unfitKeys(tables, log) }

    /// The same of a state that is not open.
    private static func unfitKeys(in directory: String, _ log: EventLog, _ options: StateOptions) throws -> String? {
        try unfitKeys(try StateTables(directory: directory, options: options, isReadOnly: false), log)
    }

    private static func unfitKeys(_ tables: StateTables, _ log: EventLog) throws -> String? {
        guard let keys = log.keys else { return nil }
        let use = try tables.environment.read { try KeyUse($0, tables.meta) }
        if !use.opened.isEmpty, try !keys.erasedKeys().isDisjoint(with: use.opened) {
            return "a tenant was erased since it was folded"
        }
        for key in use.missing where try keys.isPresent(key) { return "a key that was missing is there again" }
        return nil
    }
}
