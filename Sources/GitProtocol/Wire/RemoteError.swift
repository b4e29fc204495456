import Curl

/// Why a Git server did not give what was asked for.
public struct RemoteError: Error, Sendable, CustomStringConvertible {
    /// What went wrong; open for more cases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String
        private init(_ description: String) { self.description = description }

        /// No answer, or half of one; `cause` is the `CurlError`.
        public static let transport = Code("transport")
        /// 401: credentials are wanted, or the given ones are refused.
        public static let unauthorized = Code("unauthorized")
        /// 403.
        public static let forbidden = Code("forbidden")
        /// 404 or 410; hosting services also answer so where access is missing.
        public static let notFound = Code("notFound")
        /// 429, or 403 with a limit in its headers.
        public static let rateLimited = Code("rateLimited")
        /// 5xx, 408, 425.
        public static let serverFailed = Code("serverFailed")
        /// Another status than 200.
        public static let unexpectedStatus = Code("unexpectedStatus")
        /// The answer is not that of a Git server.
        public static let notGit = Code("notGit")
        /// A server that knows protocol version 0 or 1 only, or plain files.
        public static let protocolTooOld = Code("protocolTooOld")
        /// A repository whose ids are SHA-256.
        public static let sha256Repository = Code("sha256Repository")
        /// The request needs what the server does not offer; another mode may work.
        public static let capabilityMissing = Code("capabilityMissing")
        /// The server broke the protocol.
        public static let malformedAnswer = Code("malformedAnswer")
        /// The answer ended early although HTTP calls it complete.
        public static let truncatedAnswer = Code("truncatedAnswer")
        /// A wanted object is not there (`object`): start again at `listRefs`.
        public static let notOurRef = Code("notOurRef")
        /// The server's own words: an `ERR` line.
        public static let refused = Code("refused")
        /// The server's own words: it failed while sending.
        public static let remoteFailed = Code("remoteFailed")
    }

    /// Whether and when the same request may succeed.
    public enum Disposition: Hashable, Sendable {
        case transient
        case permanent
        /// Not before the time, where one is given.
        case rateLimited(RetryAfter?)
    }

    /// When a server wants to be asked again.
    public enum RetryAfter: Hashable, Sendable {
        /// So long after the answer.
        case seconds(Int)
        /// Seconds since 1970 UTC.
        case date(Int64)
    }

    /// What went wrong.
    public let code: Code
    /// What went wrong and what to do; no secrets.
    public let message: String
    /// Whether and when to try again.
    public let disposition: Disposition
    /// What a 503 or 429 says of when to come back.
    public let retryAfter: RetryAfter?
    /// The status, where it is the failure.
    public let httpStatus: Int?
    /// The object at fault, for `notOurRef`.
    public let object: ObjectID?
    /// The failure below.
    public let cause: (any Error)?

    public var description: String { message }

    init(
        _ code: Code, _ message: String, _ disposition: Disposition = .permanent, retryAfter: RetryAfter? = nil,
        httpStatus: Int? = nil, object: ObjectID? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.disposition = disposition
        self.retryAfter = retryAfter
        self.httpStatus = httpStatus
        self.object = object
        self.cause = cause
    }

    /// The failure of a transfer.
    init(_ error: CurlError) {
        self.init(.transport, error.message, error.code.isTransient ? .transient : .permanent, cause: error)
    }

    /// The server's words in an `ERR` packet.
    init(errorPacket text: UnsafeRawBufferPointer) {
        let words = text.withoutLineEnd.words
        if let range = words.range(of: "not our ref ") {
            self.init(
                .notOurRef, "the server does not have a wanted object (any more): list its refs again", .transient,
                object: ObjectID(hex: words[range.upperBound...].utf8.prefix(40)))
        } else {
            self.init(.refused, "the server refuses: \(words)")
        }
    }

    static func malformed(_ reason: String) -> RemoteError {
        RemoteError(.malformedAnswer, "the server broke Git's protocol: \(reason)")
    }

    static let truncated = RemoteError(
        .truncatedAnswer, "the server's answer ended early: trying again may help", .transient)
}

extension String {
    /// Where a text first stands; Foundation is not needed for that.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
