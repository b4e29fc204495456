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
        case giveUp
    }

    /// - Parameters:
    ///   - job: position of the `SyncRequested`.
    ///   - attempt: the one that failed, from 1.
    ///   - now: time of the failure.
    public func verdict(job: LogPosition, attempt: UInt32, failure: Failure, now: Timestamp) -> Verdict {
        guard failure.errorClass != .permanent, attempt < maximumAttempts else { return .giveUp }
        let doublings = Double(1 << min(attempt - 1, 30))
        let ceiling = min(maximumSeconds, baseSeconds * doublings)
        let jittered = now.adding(seconds: max(minimumSeconds, ceiling * Self.fraction(job, attempt)))
        guard let asked = failure.retryAt else { return .retry(at: jittered) }
        return .retry(at: max(asked, jittered))
    }

    /// A number in 0..<1 that depends on the job and the attempt alone (SplitMix64, Steele et al. 2014).
    private static func fraction(_ job: LogPosition, _ attempt: UInt32) -> Double {
        var word = job.rawValue &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(attempt) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        word ^= word >> 31
        return Double(word >> 11) / Double(1 << 53)
    }
}
