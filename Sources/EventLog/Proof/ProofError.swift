/// Why a note, a key or a proof is not what it has to be.
public struct ProofError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More codes may come, so a `switch` over them needs a `default`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The text does not have the form that it has to have.
        public static let malformed = Code(rawValue: "malformed")
        /// It carries no signature of the key that was asked for.
        public static let unknownKey = Code(rawValue: "unknownKey")
        /// It carries a signature of that key which is not of this text.
        public static let wrongSignature = Code(rawValue: "wrongSignature")
        /// The key could not be used.
        public static let key = Code(rawValue: "key")
    }

    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String
    public let cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { "\(message)\(cause.map { ": \($0)" } ?? "")" }
}
