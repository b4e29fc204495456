import COpenSSL

/// A cryptographic operation that was refused. It names the operation and OpenSSL's reason, never a key or a message.
public struct OpenSSLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong. More may be added.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// A key, nonce or tag that is not what the operation takes.
        public static let invalidInput = Code(name: "invalidInput")
        /// The sealed bytes, what was authenticated with them, or the key are not those that they were sealed with.
        public static let notAuthentic = Code(name: "notAuthentic")
        /// OpenSSL could not do it, such as for want of memory, entropy or an enabled algorithm.
        public static let failed = Code(name: "failed")
    }

    public let code: Code
    /// What was refused and what to do about it.
    public let message: String
    /// OpenSSL's own words, where it had any.
    public let reason: String?

    public var description: String { reason.map { "\(message) (\($0))" } ?? message }

    init(_ code: Code, _ message: String, reason: String? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
    }

    /// With the newest reason of this thread's error queue, which is emptied.
    static func fromQueue(_ code: Code, _ message: String) -> OpenSSLError {
        let number = ERR_peek_last_error()
        ERR_clear_error()
        guard number != 0, let text = ERR_reason_error_string(number) else { return OpenSSLError(code, message) }
        return OpenSSLError(code, message, reason: String(cString: text))
    }
}
