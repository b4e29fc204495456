/// Why a text is not the JSON that is accepted here. It tells the place and never what stands there.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken. More may be added.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// Not the grammar of RFC 8259.
        public static let syntax = Code(name: "syntax")
        /// Not UTF-8, or it begins with a byte order mark.
        public static let encoding = Code(name: "encoding")
        /// More nested than ``JSONLimits/depth``.
        public static let tooDeep = Code(name: "tooDeep")
        /// More values than ``JSONLimits/values``.
        public static let tooManyValues = Code(name: "tooManyValues")
    }

    public let code: Code
    /// The first byte that cannot stand where it does, counted from 0; the text's length where it ends too early.
    public let offset: Int
    /// What was expected there.
    public let message: String

    public var description: String { "not the JSON that is accepted: at byte \(offset): \(message)" }
}

/// How large a JSON text may become in memory.
public struct JSONLimits: Sendable, Equatable {
    /// How many arrays and objects may lie within one another. Payloads of real services stay below ten.
    public var depth: Int
    /// How many values may be kept.
    public var values: Int

    public init(depth: Int = 64, values: Int = 2_000_000) {
        self.depth = depth
        self.values = values
    }

    /// 64 deep, two million values: twice what the longest answer that a recursive listing gives has.
    public static let standard = JSONLimits()
}
