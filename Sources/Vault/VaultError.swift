public import Events

/// Why a secret could not be kept or given out. It never holds one.
public struct VaultError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More may be added.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// There is no secret of that id.
        public static let notFound = Code(name: "notFound")
        /// It was sealed with a key that was not given.
        public static let wrongKey = Code(name: "wrongKey")
        /// The file is not as it was written.
        public static let damaged = Code(name: "damaged")
        /// A key or a secret that is not what it has to be.
        public static let invalid = Code(name: "invalid")
        /// The operating system refused something.
        public static let io = Code(name: "io")
    }

    public let code: Code
    /// What happened and what to do.
    public let message: String
    /// Whose secret it is about, where it is about one.
    public let id: LogPosition?
    /// `errno` of the call that failed; 0 where none did.
    public let errorNumber: Int32

    init(_ code: Code, _ message: String, id: LogPosition? = nil, errorNumber: Int32 = 0) {
        self.code = code
        self.message = message
        self.id = id
        self.errorNumber = errorNumber
    }

    public var description: String { message }
}
