import FoundationEssentials
import SwiftProtobuf

/// What a source says of its own limits.
public struct RateLimit: Sendable, Equatable {
    /// Requests allowed in the window.
    public var limit: UInt64
    /// Requests left in it.
    public var remaining: UInt64
    /// When the window ends.
    public var resetAt: Timestamp

    public init(limit: UInt64, remaining: UInt64, resetAt: Timestamp) {
        self.limit = limit
        self.remaining = remaining
        self.resetAt = resetAt
    }
}

/// A source was asked whether it changed, and answered.
public struct PollCompleted: Sendable, Equatable {
    /// The source is not as it was at the last completed sync.
    public var changed: Bool
    /// The commit that the watched branch is at; nil for a source without one.
    public var head: SHA1Hash?
    /// What the source compares the next time: an ETag or the like. May be empty.
    public var validator: [UInt8]
    /// HTTP requests that it took.
    public var requests: UInt64
    /// Bytes that came over the wire.
    public var bytesReceived: UInt64
    public var rateLimit: RateLimit?
    /// Names the credential that the rate limit is one of, without telling it. Empty where there is none.
    public var quota: String
    /// Nothing but the time made somebody ask: how often such a poll finds a change says how often to ask.
    public var isScheduled: Bool
    /// The full name of the ref.
    public var ref: [UInt8]

    public init(
        changed: Bool, head: SHA1Hash?, ref: [UInt8], validator: [UInt8] = [], requests: UInt64 = 0,
        bytesReceived: UInt64 = 0, rateLimit: RateLimit? = nil, quota: String = "", isScheduled: Bool = false
    ) {
        self.changed = changed
        self.head = head
        self.ref = ref
        self.validator = validator
        self.requests = requests
        self.bytesReceived = bytesReceived
        self.rateLimit = rateLimit
        self.quota = quota
        self.isScheduled = isScheduled
    }
}

/// A source was asked whether it changed, and gave no usable answer.
public struct PollFailed: Sendable, Equatable {
    public var failure: Failure

    public init(failure: Failure) { self.failure = failure }
}

extension PollCompleted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WirePollCompleted.self, clear)
        changed = open.changed
        head = try Wire.optionalSHA1(open.head)
        validator = open.validator.array
        requests = open.requests
        bytesReceived = open.bytesReceived
        rateLimit =
            open.hasRateLimit
            ? RateLimit(
                limit: open.rateLimit.limit, remaining: open.rateLimit.remaining,
                resetAt: Timestamp(microseconds: open.rateLimit.resetAt)) : nil
        quota = open.quota
        isScheduled = open.scheduled
        ref = try Wire.decode(WirePollCompletedSealed.self, sealed).ref.array
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WirePollCompleted.with {
            $0.changed = changed
            $0.head = Wire.data(head)
            $0.validator = Data(validator)
            $0.requests = requests
            $0.bytesReceived = bytesReceived
            if let rateLimit {
                $0.rateLimit.limit = rateLimit.limit
                $0.rateLimit.remaining = rateLimit.remaining
                $0.rateLimit.resetAt = rateLimit.resetAt.microseconds
            }
            $0.quota = quota
            $0.scheduled = isScheduled
        }
        return (Wire.encode(open), Wire.encode(WirePollCompletedSealed.with { $0.ref = Data(ref) }))
    }

    var json: [(String, JSONValue)] {
        [
            ("changed", .bool(changed)), ("head", .hash(head)),
            ("ref", .string(String(decoding: ref, as: UTF8.self))),
            ("validator", .string(String(decoding: validator, as: UTF8.self))), ("requests", .uint(requests)),
            ("bytesReceived", .uint(bytesReceived)),
            ("rateLimitRemaining", rateLimit.map { .uint($0.remaining) } ?? .null),
            ("rateLimitReset", .time(rateLimit?.resetAt)), ("scheduled", .bool(isScheduled)),
        ]
    }
}

extension PollFailed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        failure = try Failure(try Wire.decode(clear), try Wire.decode(sealed))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) { (Wire.encode(failure.open), failure.secret) }

    var json: [(String, JSONValue)] { failure.json }
}
