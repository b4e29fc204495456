/// Why the state cannot be opened, read or folded.
public struct StateError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More codes may come, so a `switch` over them needs a `default`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// There is none in the directory. A writer makes it.
        public static let missing = Code(rawValue: "missing")
        /// It has not folded all of the log. A writer catches up.
        public static let stale = Code(rawValue: "stale")
        /// It is of other projections or of another log, or may be damaged by a power failure. A writer builds it anew.
        public static let unusable = Code(rawValue: "unusable")
        /// A row is not what it has to be.
        public static let damaged = Code(rawValue: "damaged")
        /// An event cannot be folded.
        public static let unreadableEvent = Code(rawValue: "unreadableEvent")
        /// A batch does not follow what was folded.
        public static let outOfOrder = Code(rawValue: "outOfOrder")
        /// Somebody who was building gave up. The rows are those from before.
        public static let cancelled = Code(rawValue: "cancelled")
        /// The operating system or the storage engine refused.
        public static let storage = Code(rawValue: "storage")
    }

    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { "the state: \(message)\(cause.map { ": \($0)" } ?? "")" }

    static func damaged(_ table: String, _ cause: any Error) -> StateError {
        StateError(
            .damaged, "a row of \(table) cannot be read; delete the state, it is then rebuilt from the log",
            cause: cause)
    }
}
