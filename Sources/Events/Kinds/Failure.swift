import SwiftProtobuf

/// Whether trying again can help. Declared by whoever knows: the provider.
public enum ErrorClass: UInt32, Sendable, Hashable {
    /// It may pass by itself: try again after a pause.
    case transient = 1
    /// It stays until somebody changes something.
    case permanent = 2
    /// The source asks to wait.
    case rateLimited = 3

    /// `transient`, `permanent`, `rateLimited`.
    public var name: String { String(describing: self) }
}

/// Why something failed, as the log keeps it.
public struct Failure: Sendable, Equatable {
    public var errorClass: ErrorClass
    /// A stable word for scripts: `timeout`, `notFound`, `malformedPack`.
    public var code: String
    /// What happened and what to do, for people. Holds no secret; sealed, since it may name paths and hosts.
    public var message: String
    /// When the source said that it may be tried again.
    public var retryAt: Timestamp?
    /// For `rateLimited`: names the credential whose limit it is, without telling it. Empty where that is not known.
    public var quota: String

    public init(
        _ errorClass: ErrorClass, code: String, message: String, retryAt: Timestamp? = nil, quota: String = ""
    ) {
        self.errorClass = errorClass
        self.code = code
        self.message = message
        self.retryAt = retryAt
        self.quota = quota
    }

    init(_ open: WireFailure, _ secret: WireFailureSealed) throws(DecodingFailure) {
        errorClass = try Wire.known(open.class, "error class")
        code = open.code
        message = secret.message
        retryAt = Wire.time(open.retryAt)
        quota = open.quota
    }

    var open: WireFailure {
        WireFailure.with {
            $0.class = errorClass.rawValue
            $0.code = code
            $0.retryAt = retryAt?.microseconds ?? 0
            $0.quota = quota
        }
    }

    var secret: [UInt8] { Wire.encode(WireFailureSealed.with { $0.message = message }) }

    var json: [(String, JSONValue)] {
        [
            ("class", .string(errorClass.name)), ("code", .string(code)), ("error", .string(message)),
            ("sourceRetryAt", .time(retryAt)),
        ]
    }
}
