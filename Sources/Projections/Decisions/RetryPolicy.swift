public import Events

/// When a job that failed is tried again: exponential backoff with full jitter. The jitter follows from the job's position
/// and the attempt, so that replaying a decision gives the decision.
public struct RetryPolicy: Sendable {
    /// Attempts before a job becomes a dead letter.
    public var maximumAttempts: UInt32
    /// The longest pause before the second attempt, in seconds; it doubles from attempt to attempt.
    public var baseSeconds: Double
    /// The longest pause of all, in seconds.
    public var maximumSeconds: Double
    /// The shortest pause, in seconds, so that no jitter makes a retry immediate.
    public var minimumSeconds: Double
    /// The pause where a source limits the rate and does not say for how long, in seconds. GitHub asks for at least a minute.
    public var minimumRateLimitedSeconds: Double = 60
    /// What waits for a rate limit goes on within so many seconds after it, not at once.
    public var rateLimitedSpreadSeconds: Double = 30

    public init(
        maximumAttempts: UInt32 = 5, baseSeconds: Double = 30, maximumSeconds: Double = 3600, minimumSeconds: Double = 1
    ) {
        self.maximumAttempts = maximumAttempts
        self.baseSeconds = baseSeconds
        self.maximumSeconds = maximumSeconds
        self.minimumSeconds = minimumSeconds
    }

    /// What follows a failed attempt.
    public enum Verdict: Sendable, Equatable {
        case retry(at: Timestamp)
        /// The same attempt again: this one does not count.
        case postpone(until: Timestamp)
        case giveUp
    }

    /// - Parameters:
    ///   - job: position of the `SyncRequested`.
    ///   - attempt: the one that failed, from 1.
    ///   - now: time of the failure.
    public func verdict(job: LogPosition, attempt: UInt32, failure: Failure, now: Timestamp) -> Verdict {
        if failure.errorClass == .rateLimited {
            // The source asked for a pause, and nothing is wrong: that costs no attempt. All who wait for the same moment
            // come back one after another.
            let asked = failure.retryAt ?? now.adding(seconds: minimumRateLimitedSeconds)
            let spread =
                rateLimitedSpreadSeconds
                * Jitter.fraction(job.rawValue, UInt64(bitPattern: failure.retryAt?.microseconds ?? Int64(attempt)))
            return .postpone(until: max(asked, now).adding(seconds: minimumSeconds + spread))
        }
        guard failure.errorClass != .permanent, attempt < maximumAttempts else { return .giveUp }
        let doublings = Double(1 << min(attempt - 1, 30))
        let ceiling = min(maximumSeconds, baseSeconds * doublings)
        let jittered = now.adding(
            seconds: max(minimumSeconds, ceiling * Jitter.fraction(job.rawValue, UInt64(attempt))))
        guard let asked = failure.retryAt else { return .retry(at: jittered) }
        return .retry(at: max(asked, jittered))
    }
}
