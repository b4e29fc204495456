/// Who opens the state.
public enum StateMode: Sendable, Equatable {
    /// The process that holds the log: makes the state, catches up, folds.
    case writer
    /// Any other: reads what is there.
    ///
    /// - Parameter allowsStale: also where it has not folded all of the log yet.
    case reader(allowsStale: Bool)

    /// Reads what is there if it is all of the log.
    public static let reader = StateMode.reader(allowsStale: false)
}

/// Limits and surroundings of a state.
public struct StateOptions: Sendable {
    /// What changes with every start of the machine (`/proc/sys/kernel/random/boot_id`). A state that was not closed is
    /// trusted within the same boot alone. Empty: unknown, and never the same.
    public var bootID: [UInt8] = []
    /// Anonymous memory that building in bulk may take for deltas, in bytes.
    public var memoryBudgetBytes = 192 << 20
    /// Threads that are lent for building in bulk.
    public var parallel = ParallelRunner.none
    /// Bytes of records that one of them takes on at a time.
    public var partBytes = 1 << 20
    /// Whether building in bulk leaves what it has done when it is interrupted, for the next attempt in the same directory.
    public var isResumable = false
    /// Address space reserved for the file, in bytes: 1 TiB. Where that is refused less is, and it grows as it is needed.
    public var mapSizeBytes = 1 << 40
    /// Up to so many bytes it grows.
    public var maximumMapSizeBytes = Int.max
    /// Where building in bulk may put what exceeds the budget; nil: beside the state. The files have no name once they are open.
    public var temporaryDirectory: String?
    /// Whether a writer folds the log to its end before it is opened. Nothing may be appended before that is done.
    public var catchUpOnOpen = true
    /// Events that are folded in one transaction while catching up, at most.
    public var catchUpEvents = 4096
    /// At this many events behind, and where that is most of the log, a state is built anew instead.
    public var rebuildThresholdEvents: UInt64 = 256

    /// Whether rows that an earlier version of a projection folded are read and folded on, where that is possible, until somebody
    /// calls ``StateStore/rebuildWhereOutdated(progress:isCancelled:)``. Else they are built anew before the state is open.
    public var usesOutdated = false

    /// Where snapshots of the state are kept, from which one that cannot be trusted begins anew; nil: there are none.
    public var snapshotDirectory: String?
    /// Events between two snapshots, at least; the more the state has grown the more they become. 0: none are taken.
    public var snapshotIntervalEvents: UInt64 = StateOptions.defaultSnapshotIntervalEvents

    /// An event has up to a thousand items, and a million of them are folded in seconds.
    public static let defaultSnapshotIntervalEvents: UInt64 = 100_000

    /// Asked while building in bulk: to give up then.
    var isCancelled: @Sendable () -> Bool = { false }

    var takesSnapshots: Bool { snapshotDirectory != nil && snapshotIntervalEvents > 0 }

    public init() {}

    func checkCancellation() throws(StateError) {
        if isCancelled() { throw StateError(.cancelled, "building was given up") }
    }

    /// The options, changed by `change`.
    public init(_ change: (inout StateOptions) -> Void) { change(&self) }
}

/// How a state came to be that was opened for writing.
public struct StateOpening: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// It was there, and was folded on.
        case existing
        /// A snapshot of so many events was, and that was folded on.
        case snapshot(UInt64)
        /// It was built from the whole log.
        case log
    }

    public var origin: Origin
    /// Why the one that was there could not be used; nil where it was.
    public var reason: String?
    /// Snapshots that could not be used either, and why not.
    public var passedOver: [String] = []
}

/// How far opening or building has come.
public struct StateProgress: Sendable, Equatable {
    public enum Phase: Sendable {
        /// Events are read and routed, or folded.
        case events
        /// Tables are written.
        case tables
        /// A snapshot is copied.
        case snapshot
    }

    public let phase: Phase
    public let done: UInt64
    public let total: UInt64

    public init(phase: Phase, done: UInt64, total: UInt64) {
        self.phase = phase
        self.done = done
        self.total = total
    }
}
