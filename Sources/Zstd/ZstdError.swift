import CZstd

/// What libzstd refused to do.
public struct ZstdError: Error, Sendable, CustomStringConvertible {
    /// What went wrong. More may come.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The input is no Zstandard frame, or a damaged one.
        public static let corrupted = Code(rawValue: "corrupted")
        /// The output does not fit the buffer that was given.
        public static let outputTooLarge = Code(rawValue: "outputTooLarge")
        /// libzstd could not allocate its working memory.
        public static let outOfMemory = Code(rawValue: "outOfMemory")
        /// Anything else; the message has libzstd's own words.
        public static let failed = Code(rawValue: "failed")
    }

    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The error that a result of libzstd stands for.
    init(result: Int, while action: String) {
        let code: Code =
            switch ZSTD_getErrorCode(result) {
            case ZSTD_error_dstSize_tooSmall: .outputTooLarge
            case ZSTD_error_memory_allocation: .outOfMemory
            case ZSTD_error_corruption_detected, ZSTD_error_prefix_unknown, ZSTD_error_checksum_wrong,
                ZSTD_error_srcSize_wrong:
                .corrupted
            default: .failed
            }
        self.init(code, "\(action): \(String(cString: ZSTD_getErrorName(result)))")
    }

    public var description: String { "zstd: \(message)" }
}

/// `result`, unless it stands for an error.
func checked(_ result: Int, while action: @autoclosure () -> String) throws(ZstdError) -> Int {
    guard ZSTD_isError(result) == 0 else { throw ZstdError(result: result, while: action()) }
    return result
}
