/// Why a deflate stream could not be expanded.
public struct InflateError: Error, Sendable, CustomStringConvertible {
    /// What went wrong; open for more cases.
    public struct Code: Hashable, Sendable {
        private let value: UInt8
        /// The bytes are not a zlib stream, or its checksum does not fit.
        public static let corrupt = Code(value: 0)
        /// The input ended before the stream did.
        public static let truncated = Code(value: 1)
        /// The stream holds more bytes than the caller allows.
        public static let outputLimit = Code(value: 2)
        /// zlib could not allocate its state.
        public static let outOfMemory = Code(value: 3)
    }

    /// What went wrong.
    public let code: Code
    /// zlib's own words, where it gives any.
    public let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { detail }
}
