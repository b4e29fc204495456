/// Why the simulator could not do what it was asked.
public struct SimulatorError: Error, Sendable, CustomStringConvertible {
    /// What went wrong; more codes may come.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// A call of the operating system failed.
        public static let system = Code(rawValue: "system")
        /// `git` ended with an exit status other than 0.
        public static let git = Code(rawValue: "git")
        /// The server could not be started, or stopped by itself.
        public static let server = Code(rawValue: "server")
        /// What a child wrote cannot be understood.
        public static let malformed = Code(rawValue: "malformed")
        /// A name is taken.
        public static let conflict = Code(rawValue: "conflict")
        /// A fault that was asked for, ending a response.
        public static let fault = Code(rawValue: "fault")
    }

    public var code: Code
    public var message: String

    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
