/// Why a log in a file cannot be taken over.
public struct LogTransferError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More codes may come, so a `switch` over them needs a `default`.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The file ends before its end mark.
        public static let cut = Code(rawValue: "cut")
        /// It is in no form that this version knows.
        public static let unknownFormat = Code(rawValue: "unknownFormat")
        /// Something in it is not as it was written.
        public static let altered = Code(rawValue: "altered")
        /// A record stands where another one belongs.
        public static let wrongOrder = Code(rawValue: "wrongOrder")
    }

    public let code: Code
    /// What is wrong and what to do about it.
    public let message: String
    /// Where: `line 17`, `frame 17`.
    public let place: String

    init(_ code: Code, _ message: String, at place: String) {
        self.code = code
        self.message = message
        self.place = place
    }

    public var description: String { "\(place): \(message)" }
}
