import EventLog
import LMDB
import Synchronization

extension StateStore {
    /// Takes a snapshot whenever enough events have been folded since the last one, in the thread that is lent, until
    /// ``stopSnapshots()``. What goes wrong is told and stops nothing: the next one is tried when as many events have come again.
    ///
    /// - Parameter report: told of each one, or why it could not be taken.
    public func takeSnapshotsUntilStopped(_ report: (Result<UInt64, any Error>) -> Void) {
        guard mode == .writer, options.takesSnapshots else { return }
        while snapshotSignal.wait() {
            // What was folded while the last one was taken has raised the signal too, by what was due before that.
            guard currentCount >= nextSnapshot.load(ordering: .relaxed) else { continue }
            let outcome = Result { try takeSnapshot() }
            switch outcome {
            case .success: break
            case .failure: plan(after: currentCount)
            }
            if case .success(nil) = outcome { continue }
            report(outcome.map { $0 ?? 0 })
        }
    }

    /// Ends ``takeSnapshotsUntilStopped(_:)``, after the one that is being taken.
    public func stopSnapshots() { snapshotSignal.close() }

    /// Takes a snapshot of the state as it is now, unless there is one.
    ///
    /// - Returns: how many events it has folded; nil where there is one of them already, or none is to be kept.
    /// - Throws: `StateError`, `LMDBError`, `LogError`.
    @discardableResult
    public func takeSnapshot() throws -> UInt64? {
        guard mode == .writer, let directory = options.snapshotDirectory.map(SnapshotDirectory.init(path:)) else {
            return nil
        }
        // A copy of rows that are about to be replaced would be of no use.
        if isOutdated { return nil }
        if let newest = try directory.entries().first, newest.count == (try count) {
            plan(after: newest.count)
            return nil
        }
        let count = try snapshotLock.withLock { _ in try directory.take(of: tables, log, options) }
        plan(after: count)
        return count
    }

    /// Says when the next one is due: after so many events as the setting says, and not before the state has grown by a part
    /// of itself, so that all copies together stay in proportion to what was folded.
    func plan(after count: UInt64) {
        let interval = max(options.snapshotIntervalEvents, count / StateLimits.snapshotGrowth)
        nextSnapshot.store(count &+ interval, ordering: .relaxed)
    }

    /// As far as a thread waits for it.
    func raiseIfDue(_ count: UInt64) {
        if options.takesSnapshots, count >= nextSnapshot.load(ordering: .relaxed) { snapshotSignal.raise() }
    }

    private var currentCount: UInt64 {
        // Only to say when to try again.
        (try? count) ?? 0
    }
}
