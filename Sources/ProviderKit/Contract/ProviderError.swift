public import Events

/// Why a source could not be read. The provider declares whether trying again can help.
public struct ProviderError: Error, Sendable, CustomStringConvertible {
    /// A stable word for scripts. The list grows with the providers.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The locator is not one of this provider's.
        public static let invalidLocator = Code(rawValue: "invalidLocator")
        /// There is nothing at that place, or it may not be read.
        public static let notFound = Code(rawValue: "notFound")
        public static let forbidden = Code(rawValue: "forbidden")
        /// The source cannot be reached.
        public static let unreachable = Code(rawValue: "unreachable")
        /// It is outside of the public network, and its tenant may read nothing there.
        public static let refusedAddress = Code(rawValue: "refusedAddress")
        /// It did not answer in time.
        public static let timeout = Code(rawValue: "timeout")
        /// The answer broke off.
        public static let cut = Code(rawValue: "cut")
        /// The source says that something is wrong with itself.
        public static let serverError = Code(rawValue: "serverError")
        public static let rateLimited = Code(rawValue: "rateLimited")
        /// The answer is not what the protocol says.
        public static let malformed = Code(rawValue: "malformed")
        /// An object's hash is not the one it was asked by.
        public static let hashMismatch = Code(rawValue: "hashMismatch")
        /// Something that is needed did not come.
        public static let incomplete = Code(rawValue: "incomplete")
        /// The source is of a kind that is not supported.
        public static let unsupported = Code(rawValue: "unsupported")
        /// It is over a limit of ours.
        public static let limitExceeded = Code(rawValue: "limitExceeded")
        /// The spool or another local file could not be used.
        public static let localFailure = Code(rawValue: "localFailure")
        /// It may not be shown any more: a court or an owner of rights had it taken down.
        public static let takenDown = Code(rawValue: "takenDown")
        /// Under the name is another source than the one that is known by it.
        public static let replaced = Code(rawValue: "replaced")
        /// The source has no commit yet.
        public static let empty = Code(rawValue: "empty")
    }

    public var errorClass: ErrorClass
    public var code: Code
    /// What happened and what to do. Holds no secret.
    public var message: String
    /// When the source said that it may be tried again.
    public var retryAt: Timestamp?
    /// For `rateLimited`: names the credential whose limit it is, without telling it. Empty where that is not known.
    public var quota: String

    public init(
        _ errorClass: ErrorClass, _ code: Code, _ message: String, retryAt: Timestamp? = nil, quota: String = ""
    ) {
        self.errorClass = errorClass
        self.code = code
        self.message = message
        self.retryAt = retryAt
        self.quota = quota
    }

    public static func permanent(_ code: Code, _ message: String) -> Self { Self(.permanent, code, message) }

    /// Another source has the name of one that is known by its number.
    ///
    /// - Parameters:
    ///   - known: the number of the one that is watched.
    ///   - found: that of the one which has the name now.
    public static func replaced(_ locator: Locator, known: UInt64, by found: UInt64) -> Self {
        permanent(
            .replaced,
            "another repository has the name \(locator) now (number \(found), not \(known)), and nothing of it is taken: "
                + "`ingestor repo add \(locator)` watches it from then on, and keeps what was read of the old one as "
                + "\(locator.former(known))")
    }

    public static func transient(_ code: Code, _ message: String) -> Self { Self(.transient, code, message) }

    /// As the log keeps it.
    public var failure: Failure {
        Failure(errorClass, code: code.rawValue, message: message, retryAt: retryAt, quota: quota)
    }

    public var description: String { message }
}
