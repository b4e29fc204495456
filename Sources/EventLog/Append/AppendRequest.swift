public import Events

/// Events to be appended together or not at all, and what has to hold for that.
public struct AppendRequest: Sendable {
    public var events: [EncodedEvent]
    /// What the caller decided on, if it is still so.
    public var expectation: Expectation?
    /// Keys that have to be new.
    public var claims: [Claim]

    public init(_ events: [EncodedEvent], expectation: Expectation? = nil, claims: [Claim] = []) {
        self.events = events
        self.expectation = expectation
        self.claims = claims
    }

    var byteCount: Int { events.reduce(0) { $0 + $1.record.count } }
}

/// What a caller saw when it decided, and what has to be so still when its events are appended.
public enum Expectation: Sendable, Hashable {
    /// The repository's last event is the one at this position.
    case repository(RepositoryID, isAt: LogPosition)
}

/// A key that may be used once: of a delivery, of a locator. Which events hold which keys is a fold of the log and so
/// known to its follower; the log itself keeps none.
public struct Claim: Sendable, Hashable {
    public let key: [UInt8]
    /// Which event of the request will hold it.
    public let eventIndex: Int

    public init(_ key: [UInt8], eventIndex: Int = 0) {
        self.key = key
        self.eventIndex = eventIndex
    }
}

/// What became of a request.
public enum AppendResult: Sendable, Hashable {
    /// The events are durable, and folded, at these positions.
    case appended(Range<LogPosition>)
    /// A claimed key is held by the event at this position; nothing was appended.
    case alreadyClaimed(by: LogPosition)
}
