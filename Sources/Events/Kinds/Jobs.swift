import SwiftProtobuf

/// The job is tried again at a time that was decided from the event itself.
public struct RetryScheduled: Sendable, Equatable {
    /// The job: the position of its `SyncRequested`.
    public var job: LogPosition
    /// The attempt to come.
    public var attempt: UInt32
    public var at: Timestamp
    public var failure: Failure

    public init(job: LogPosition, attempt: UInt32, at: Timestamp, failure: Failure) {
        self.job = job
        self.attempt = attempt
        self.at = at
        self.failure = failure
    }
}

/// The job gave up. It waits for somebody to look at it.
public struct JobDeadLettered: Sendable, Equatable {
    public var job: LogPosition
    public var attempts: UInt32
    public var failure: Failure

    public init(job: LogPosition, attempts: UInt32, failure: Failure) {
        self.job = job
        self.attempts = attempts
        self.failure = failure
    }
}

/// A dead letter is a job again, with all its attempts before it.
public struct JobRequeued: Sendable, Equatable {
    public var job: LogPosition

    public init(job: LogPosition) { self.job = job }
}

/// Why a job needs no more work.
public enum DropReason: UInt32, Sendable, CaseIterable {
    /// Somebody decided so of a dead letter.
    case command = 1
    /// Its repository is not watched any more, or cannot be read for now.
    case repository = 2
    /// A dead letter of the same repository says the same.
    case duplicate = 3
    /// What it gave up on was brought by another one since: the record that caused this one.
    case completed = 4

    public var name: String { String(describing: self) }
}

/// The job needs no more work.
public struct JobDropped: Sendable, Equatable {
    public var job: LogPosition
    /// Nil in records that were made before reasons were recorded.
    public var reason: DropReason?

    public init(job: LogPosition, reason: DropReason? = nil) {
        self.job = job
        self.reason = reason
    }
}

extension RetryScheduled: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireRetryScheduled.self, clear)
        job = LogPosition(open.job)
        attempt = open.attempt
        at = Timestamp(microseconds: open.at)
        failure = try Failure(open.failure, try Wire.decode(sealed))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireRetryScheduled.with {
            $0.job = job.rawValue
            $0.attempt = attempt
            $0.at = at.microseconds
            $0.failure = failure.open
        }
        return (Wire.encode(open), failure.secret)
    }

    var json: [(String, JSONValue)] {
        [("job", .position(job)), ("attempt", .count(attempt)), ("retryAt", .time(at))] + failure.json
    }
}

extension JobDeadLettered: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireJobDeadLettered.self, clear)
        job = LogPosition(open.job)
        attempts = open.attempts
        failure = try Failure(open.failure, try Wire.decode(sealed))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireJobDeadLettered.with {
            $0.job = job.rawValue
            $0.attempts = attempts
            $0.failure = failure.open
        }
        return (Wire.encode(open), failure.secret)
    }

    var json: [(String, JSONValue)] { [("job", .position(job)), ("attempts", .count(attempts))] + failure.json }
}

extension JobRequeued: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        job = LogPosition(try Wire.decode(WireJobRequeued.self, clear).job)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        (Wire.encode(WireJobRequeued.with { $0.job = job.rawValue }), [])
    }

    var json: [(String, JSONValue)] { [("job", .position(job))] }
}

extension JobDropped: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireJobDropped.self, clear)
        job = LogPosition(open.job)
        reason = open.reason == 0 ? nil : try Wire.known(open.reason, "reason for dropping a job")
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireJobDropped.with {
            $0.job = job.rawValue
            $0.reason = reason?.rawValue ?? 0
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [("job", .position(job)), ("reason", reason.map { .string($0.name) } ?? .null)]
    }
}
