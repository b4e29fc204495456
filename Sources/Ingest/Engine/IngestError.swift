public import Events

/// Why the engine did not do what it was asked.
public struct IngestError: Error, Sendable, CustomStringConvertible {
    /// A stable word for scripts. The list may grow.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let unknownTenant = Code(rawValue: "unknownTenant")
        public static let unknownProvider = Code(rawValue: "unknownProvider")
        public static let unknownRepository = Code(rawValue: "unknownRepository")
        public static let alreadyAdded = Code(rawValue: "alreadyAdded")
        public static let removed = Code(rawValue: "removed")
        /// What the log or the state says cannot be.
        public static let damaged = Code(rawValue: "damaged")
        /// The tenant has as much as it may, or would have more.
        public static let limitReached = Code(rawValue: "limitReached")
        public static let busy = Code(rawValue: "busy")
        /// Too much waits: try again later.
        public static let overloaded = Code(rawValue: "overloaded")
        public static let unknownCredential = Code(rawValue: "unknownCredential")
        public static let unknownToken = Code(rawValue: "unknownToken")
        public static let unknownJob = Code(rawValue: "unknownJob")
        /// The attempt failed; the log says so, and what follows.
        public static let syncFailed = Code(rawValue: "syncFailed")
    }

    public var code: Code
    /// What happened and what to do.
    public var message: String
    /// For `syncFailed`: why.
    public var failure: Failure?
    /// For `syncFailed`: when it is tried again; nil where it became a dead letter.
    public var retryAt: Timestamp?

    public init(_ code: Code, _ message: String, failure: Failure? = nil, retryAt: Timestamp? = nil) {
        self.code = code
        self.message = message
        self.failure = failure
        self.retryAt = retryAt
    }

    public var description: String { message }
}
