public import Events

/// Why the log cannot be opened or read.
public struct LogError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More codes may come, so a `switch` over them needs a `default`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// There is no log in the directory.
        public static let notFound = Code(rawValue: "notFound")
        /// The storage engine refused; see the cause.
        public static let storage = Code(rawValue: "storage")
        /// The log is of a format that this version does not know.
        public static let unknownFormat = Code(rawValue: "unknownFormat")
        /// A record or a tree node is not what it has to be.
        public static let damaged = Code(rawValue: "damaged")
        /// A position or a size beyond the end of the log.
        public static let outOfRange = Code(rawValue: "outOfRange")
    }

    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String
    public let position: LogPosition?
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, at position: LogPosition? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.position = position
        self.cause = cause
    }

    public var description: String {
        let place = position.map { "event \($0.rawValue): " } ?? ""
        return "the log: \(place)\(message)\(cause.map { ": \($0)" } ?? "")"
    }

    static func damaged(_ what: String, at position: LogPosition, cause: (any Error)? = nil) -> LogError {
        LogError(.damaged, "\(what); verify the log and restore it from a backup", at: position, cause: cause)
    }
}
