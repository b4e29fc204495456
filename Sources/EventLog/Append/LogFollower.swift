public import Events

/// What is folded from the log and answers questions about it: the state. The writer calls it on its own thread, one call at a time.
public protocol LogFollower: Sendable {
    /// Takes over events that have just become durable, before anybody who appended them goes on. Batches come in order and
    /// without gaps. Where it throws the writer stops, though the events stay.
    func fold(_ batch: CommittedBatch) throws

    /// The last event of a repository among those folded.
    func lastPosition(of repository: RepositoryID) throws -> LogPosition?

    /// Which event holds the key of a claim, among those folded.
    func holder(of claim: Claim) throws -> LogPosition?
}

/// Events that one transaction made durable.
public struct CommittedBatch: Sendable {
    public let range: Range<LogPosition>
    let events: [EncodedEvent]

    /// Calls `body` for each record, in order.
    public func forEach(_ body: (LogPosition, RawSpan) throws -> Void) rethrows {
        var position = range.lowerBound
        for event in events {
            try body(position, event.record.span.bytes)
            position = position + 1
        }
    }
}
