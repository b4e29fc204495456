public import Events

/// When a repository is asked whether it changed, where nothing else makes somebody ask.
///
/// Pure: the same row is asked at the same time, whoever works it out and however often.
public struct PollPolicy: Sendable {
    /// The longest interval, in seconds: that of a repository where polls find nothing.
    public var intervalSeconds: Double
    /// The shortest, in seconds, however often polls find a change.
    public var minimumSeconds: Double
    /// After a restart what is overdue is asked within so many seconds, not at once.
    public var restartSpreadSeconds: Double
    /// How much of an interval the jitter may add or take away.
    public static let jitter = 0.1

    public init(intervalSeconds: Double = 3600, minimumSeconds: Double = 300, restartSpreadSeconds: Double = 300) {
        self.intervalSeconds = intervalSeconds
        self.minimumSeconds = minimumSeconds
        self.restartSpreadSeconds = restartSpreadSeconds
    }

    /// Seconds between two polls, without jitter: half as long for each poll in a row that found a change, and twice as
    /// long again for each quiet one.
    public func interval(_ repository: RepositoryRow) -> Double {
        let halvings = Double(1 << min(repository.changedPolls, 30))
        return max(min(minimumSeconds, intervalSeconds), intervalSeconds / halvings)
    }

    /// When the next poll is due; nil where it makes no sense to ask. One that was never asked is due at once.
    ///
    /// - Parameter start: when the process began to ask; what was overdue then is spread.
    public func next(_ repository: RepositoryRow, start: Timestamp) -> Timestamp? {
        if repository.isRemoved { return nil }
        if let suspension = repository.suspension, !suspension.isWorthAsking { return nil }
        guard let polledAt = repository.polledAt, let position = repository.polledPosition else {
            // A failed first attempt is repeated by its job; a repository that nothing is known of and that gave up too.
            return repository.lastFailure.map { $0.at.adding(seconds: intervalSeconds) } ?? repository.addedAt
        }
        var last = polledAt
        // What cannot be read is asked as rarely as what never changes, be the last poll that had an answer long ago.
        if let failure = repository.lastFailure { last = max(last, failure.at) }
        let fraction = Jitter.fraction(repository.id.rawValue, position.rawValue)
        let interval = repository.suspension == nil ? interval(repository) : intervalSeconds
        let due = last.adding(seconds: interval * (1 + Self.jitter * (2 * fraction - 1)))
        guard due < start else { return due }
        return start.adding(seconds: min(restartSpreadSeconds, intervalSeconds) * fraction)
    }
}
