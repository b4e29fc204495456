/// Bytes that are not what Git writes, or that go beyond a limit. Never transient by itself: the same bytes fail again
/// (a fetch that was cut shows as `truncatedPack`, and another fetch may bring a whole one).
public struct GitFormatError: Error, Sendable, CustomStringConvertible {
    /// What is wrong; open for more cases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String
        private init(_ description: String) { self.description = description }

        public static let malformedTree = Code("malformedTree")
        public static let malformedCommit = Code("malformedCommit")
        public static let malformedPack = Code("malformedPack")
        /// The pack ends before its trailer.
        public static let truncatedPack = Code("truncatedPack")
        /// An object's or the pack's SHA-1 is not that of its bytes.
        public static let hashMismatch = Code("hashMismatch")
        /// A delta's base is neither in the pack nor known to the base provider.
        public static let missingBase = Code("missingBase")
        /// The object that was asked for is not in the pack.
        public static let missingObject = Code("missingObject")
        /// A named limit of `PackLimits` was reached; the message names it.
        public static let limitExceeded = Code("limitExceeded")
        /// Reading or writing the pack's file failed.
        public static let fileSystem = Code("fileSystem")
        /// A pattern that can match nothing or whose meaning is unclear.
        public static let malformedPattern = Code("malformedPattern")
    }

    /// What is wrong.
    public let code: Code
    /// What is wrong and where, in words.
    public let message: String
    /// Where in the pack the object begins that is at fault, in bytes, or where in the tree the entry does.
    public let offset: UInt64?
    /// The object at fault, where it has a name.
    public let object: ObjectID?
    /// The system's error number, for `fileSystem`.
    public let errorNumber: Int32?

    init(
        _ code: Code, _ message: String, offset: UInt64? = nil, object: ObjectID? = nil, errorNumber: Int32? = nil
    ) {
        self.code = code
        self.message = message
        self.offset = offset
        self.object = object
        self.errorNumber = errorNumber
    }

    public var description: String {
        var text = message
        if let object { text += " (object \(object))" }
        if let offset { text += " (at byte \(offset))" }
        return text
    }
}
