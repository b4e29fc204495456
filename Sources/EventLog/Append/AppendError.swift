public import Events

/// Why events were not appended.
public struct AppendError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More codes may come, so a `switch` over them needs a `default`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// What the caller expected is no longer so: decide again. Nothing was appended.
        public static let conflict = Code(rawValue: "conflict")
        /// Too many requests are waiting: try again later. Nothing was appended.
        public static let overloaded = Code(rawValue: "overloaded")
        /// The request is over the limits of one transaction. Nothing was appended.
        public static let tooLarge = Code(rawValue: "tooLarge")
        /// The writer gave up after a failure that it must not continue from. Whether the events of the batch that failed are
        /// durable is known once the log has been opened again.
        public static let writerStopped = Code(rawValue: "writerStopped")
    }

    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String
    /// For a conflict, where the repository's last event really is; nil where it has none.
    public let actual: LogPosition?
    public let cause: (any Error)?

    public var description: String { "\(message)\(cause.map { ": \($0)" } ?? "")" }

    static func conflict(actual: LogPosition?) -> AppendError {
        let place = actual.map { "event \($0.rawValue) came since" } ?? "it has no event"
        return AppendError(
            code: .conflict, message: "the repository is not as it was when this was decided: \(place)", actual: actual,
            cause: nil)
    }

    static func overloaded(_ limit: String) -> AppendError {
        AppendError(
            code: .overloaded, message: "too much waits to be appended (\(limit)); try again later", actual: nil,
            cause: nil)
    }

    static func tooLarge(_ limit: String) -> AppendError {
        AppendError(
            code: .tooLarge, message: "a request may have at most \(limit); append it in parts", actual: nil, cause: nil
        )
    }

    static func stopped(_ message: String, _ cause: (any Error)?) -> AppendError {
        AppendError(
            code: .writerStopped, message: "the log takes no more events: \(message)", actual: nil, cause: cause)
    }
}
