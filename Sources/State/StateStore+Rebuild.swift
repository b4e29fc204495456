import EventLog
import Synchronization

extension StateStore {
    /// Makes the rows anew from the log, in a file of their own that takes the place of the old one, while folding and reading
    /// go on. Nothing of the old file is left, free pages included. So what was sealed with a key that has been destroyed is gone.
    ///
    /// - Throws: `StateError`, `LogError`, `LMDBError`. Then the rows are those from before.
    public func rebuild(
        progress: @escaping @Sendable (StateProgress) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        guard mode == .writer else { throw StateError(.storage, "it was opened for reading") }
        try rebuildLock.withLock { _ in
            let new = directory + Self.rebuiltSuffix
            do {
                try makeAnew(in: new, progress, isCancelled)
            } catch {
                // On a full device the half of a state is the last thing that is needed.
                try Directories.removeEnvironment(new)
                throw error
            }
        }
    }

    private func makeAnew(
        in new: String, _ progress: @escaping @Sendable (StateProgress) -> Void,
        _ isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        try Directories.removeEnvironment(new)
        var plain = options
        plain.snapshotDirectory = nil
        plain.catchUpOnOpen = false
        plain.usesOutdated = false
        plain.isCancelled = isCancelled
        _ = try StateBuilder.build(log: log, upTo: try count, into: new, options: plain, progress: progress)
        let other = try StateStore.open(directory: new, log: log, mode: .writer, options: plain)
        try replace(with: other)
    }

    /// Does so where an earlier version of a projection has folded what is there.
    ///
    /// - Returns: whether it was.
    /// - Throws: as ``rebuild(progress:isCancelled:)``; with the code `cancelled` where `isCancelled` said so.
    @discardableResult
    public func rebuildWhereOutdated(
        progress: @escaping @Sendable (StateProgress) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> Bool {
        guard isOutdated else { return false }
        try rebuild(progress: progress, isCancelled: isCancelled)
        return true
    }

    /// Does so where there may be something in them that was sealed with a key that has been destroyed since.
    public func rebuildWhereErased(progress: @escaping @Sendable (StateProgress) -> Void = { _ in }) throws {
        if try unfitKeys() != nil { try rebuild(progress: progress) }
    }

    /// Deletes all snapshots; the next one is taken of the rows as they are then.
    public func removeSnapshots() throws {
        guard let directory = options.snapshotDirectory.map(SnapshotDirectory.init(path:)) else { return }
        try snapshotLock.withLock { _ in try directory.removeAll() }
        plan(after: 0)
    }
}
