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
        progress: (StateProgress) -> Void = { _ in }
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
                directory: directory, mapSizeBytes: options.mapSizeBytes, isReadOnly: true)
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
        _ directory: String, _ log: EventLog, _ options: StateOptions, _ progress: (StateProgress) -> Void
    ) throws -> StateStore {
        try Directories.create(directory)
        try Directories.removeEnvironment(directory + newSuffix)
        if let store = try openExisting(directory, log, options) {
            let logCount = try log.count
            let count = try store.count
            if !options.catchUpOnOpen { return store }
            let isFarBehind = logCount - count > options.rebuildThresholdEvents && logCount - count > logCount / 2
            if !isFarBehind {
                try store.catchUp(to: logCount, progress)
                return store
            }
        }
        // Whatever was open in there is closed by now.
        let new = directory + newSuffix
        _ = try StateBuilder.build(log: log, into: new, options: options, progress: progress)
        try Directories.replaceEnvironment(directory, with: new)
        guard let store = try openExisting(directory, log, options) else {
            throw StateError(.unusable, "it does not fit the log although it was just built from it; verify the log")
        }
        // What was appended meanwhile.
        try store.catchUp(to: try log.count, progress)
        return store
    }

    /// Where a state is built that takes the place of another.
    private static let newSuffix = ".new"

    private func catchUp(to end: UInt64, _ progress: (StateProgress) -> Void) throws {
        var done = try count
        while done < end {
            done = try catchUp(to: end, limit: nil)
            progress(StateProgress(phase: .events, done: done, total: end))
        }
    }

    /// The state that is there, if it fits.
    private static func openExisting(_ directory: String, _ log: EventLog, _ options: StateOptions) throws
        -> StateStore?
    {
        do {
            let tables = try StateTables(
                directory: directory, mapSizeBytes: options.mapSizeBytes, isReadOnly: false)
            let store = try StateStore(
                directory: directory, mode: .writer, options: options, tables: tables, log: log)
            return try store.unfitness() == nil ? store : nil
        } catch let error as StateError where error.code == .unusable || error.code == .damaged {
            return nil
        } catch let error as LMDBError where error.code == .corrupted || error.code == .invalidFile {
            return nil
        }
    }

    /// Why this is not a state of the log, or not one to trust; nil where it is.
    private func unfitness() throws -> String? {
        guard let description = try tables.environment.read({ try StateDescription($0, tables.meta) }) else {
            return nil
        }
        guard description.signature == AllProjections.signature else { return "it was folded by another version" }
        let isSameBoot = !options.bootID.isEmpty && description.bootID == options.bootID
        guard description.isClean || isSameBoot || description.count == 0 else {
            return "the machine was started anew before it was closed"
        }
        if let reason = try unfitKeys() { return reason }
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
    private func unfitKeys() throws -> String? {
        guard let keys = log.keys else { return nil }
        let use = try tables.environment.read { try KeyUse($0, tables.meta) }
        if !use.opened.isEmpty, try !keys.erasedKeys().isDisjoint(with: use.opened) {
            return "a tenant was erased since it was folded"
        }
        for key in use.missing where try keys.isPresent(key) { return "a key that was missing is there again" }
        return nil
    }
}
