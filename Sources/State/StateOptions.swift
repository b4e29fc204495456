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
    /// Address space reserved for the file, in bytes.
    public var mapSizeBytes = 1 << 40
    /// Where building in bulk may put what exceeds the budget; nil: beside the state. The files have no name once they are open.
    public var temporaryDirectory: String?
    /// Whether a writer folds the log to its end before it is opened. Nothing may be appended before that is done.
    public var catchUpOnOpen = true
    /// Events that are folded in one transaction while catching up, at most.
    public var catchUpEvents = 4096
    /// At this many events behind, and where that is most of the log, a state is built anew instead.
    public var rebuildThresholdEvents: UInt64 = 256

    public init() {}

    /// The options, changed by `change`.
    public init(_ change: (inout StateOptions) -> Void) { change(&self) }
}

/// How far opening or building has come.
public struct StateProgress: Sendable, Equatable {
    public enum Phase: Sendable {
        /// Events are read and routed, or folded.
        case events
        /// Tables are written.
        case tables
    }

    public let phase: Phase
    public let done: UInt64
    public let total: UInt64
}
