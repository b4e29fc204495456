public import Events

/// When what was released may be deleted: after a grace both in time and in log positions, so that neither a clock that
/// jumps nor a quiet log cuts it short.
///
/// Pure: time and position are told to it.
public struct ReleasePolicy: Sendable, Equatable {
    /// Seconds that what was released stays at least.
    public var graceSeconds: Double
    /// Events that have to come after the release.
    public var graceEvents: UInt64

    public init(graceSeconds: Double = 7 * 86_400, graceEvents: UInt64 = 100) {
        self.graceSeconds = graceSeconds
        self.graceEvents = graceEvents
    }

    /// Whether the grace is over.
    ///
    /// - Parameter count: events of the log.
    public func isDue(_ release: BlobRow.Release, at now: Timestamp, count: UInt64) -> Bool {
        now >= dueAt(release) && count > release.position.rawValue
            && count - 1 - release.position.rawValue >= graceEvents
    }

    /// When the grace in time is over.
    public func dueAt(_ release: BlobRow.Release) -> Timestamp { release.at.adding(seconds: graceSeconds) }

    /// Whether a content may be released: it is there, and nothing names it.
    ///
    /// - Parameters:
    ///   - isHeld: a pointer that is named stands for it.
    ///   - horizon: the log's end when the oldest of the syncs began that are under way: what came later may be theirs.
    public static func mayRelease(_ blob: BlobRow, isHeld: Bool, horizon: LogPosition?) -> Bool {
        guard let stored = blob.stored, blob.references == 0, blob.released == nil, !isHeld else { return false }
        return horizon.map { stored.firstSeen < $0 } ?? true
    }

    /// Whether a content may be deleted: it was released, nothing names it, the grace is over, and no sync that is under way can
    /// have seen it before it was released.
    public func mayDelete(
        _ blob: BlobRow, isHeld: Bool, horizon: LogPosition?, at now: Timestamp, count: UInt64
    ) -> Bool {
        guard blob.stored != nil, blob.references == 0, let released = blob.released, !isHeld else { return false }
        return isDue(released, at: now, count: count) && (horizon.map { released.position < $0 } ?? true)
    }
}

/// Which versions a history setting lets go.
public enum HistoryPolicy {
    /// How many of a path's versions, from the oldest on, nobody can see at `cut` or later: all before the newest one that was
    /// there at the cut.
    ///
    /// - Parameters:
    ///   - versions: positions of the versions of one path, the oldest first.
    ///   - cut: the last completed sync that is older than the setting keeps; nil: there is none.
    public static func releasable(_ versions: [LogPosition], cut: LogPosition?) -> Int {
        guard let cut, let newest = versions.lastIndex(where: { $0 <= cut }) else { return 0 }
        return newest
    }

    /// The last of the syncs that were completed by then.
    ///
    /// - Parameter syncs: the newest first.
    public static func cut(_ syncs: [SyncRow], keepDays: UInt32, at now: Timestamp) -> LogPosition? {
        let oldest = now.adding(seconds: -Double(keepDays) * 86_400)
        return syncs.first { $0.at <= oldest }?.position
    }
}
