import Events
import ProviderKit

/// What GitHub allows, beyond what its answers say. The numbers are GitHub's own (REST API, "Rate limits").
public struct QuotaLimits: Sendable {
    /// Part of the primary limit that only urgent work may use, in percent.
    public var reservePercent: UInt64 = 10
    /// A read costs one point, a write five.
    public var pointsPerMinute = 900
    /// Requests under way at once.
    public var maximumConcurrentCount = 100
    /// How long to wait where an answer asks to wait and does not say how long; doubled each time in a row.
    public var shortestPauseSeconds = 60.0
    public var longestPauseSeconds = 3600.0

    public init() {}
}

/// What one credential may still ask. Pure: time is an argument.
struct QuotaAccount: Equatable {
    /// What an answer says of limits.
    struct Verdict: Equatable {
        /// What the headers say of the primary limit.
        var rateLimit: RateLimit?
        /// Until when the answer asks to wait, and why; nil where it does not.
        var pause: Pause?

        enum Pause: Equatable {
            /// So long after the answer.
            case seconds(Double)
            case until(Timestamp)
            /// It does not say how long.
            case unsaid
        }
    }

    private(set) var rateLimit: RateLimit?
    /// Until when nothing may be asked, whatever is left of the primary limit.
    private(set) var pausedUntil: Timestamp?
    /// Until when the Git server wants to be left alone.
    private(set) var gitPausedUntil: Timestamp?
    /// Until when Git is taken to be out of reach, so that REST has to serve.
    private var gitMissingUntil: Timestamp?
    private var pausesInARow = 0
    private var gitPausesInARow = 0
    private var underWay: UInt64 = 0
    private var minuteBegan = Timestamp(microseconds: 0)
    private var pointsThisMinute = 0

    /// Takes a request's cost into account before it is sent.
    ///
    /// - Returns: nil where it may be sent; else when it may be tried again.
    mutating func reserve(points: Int, isUrgent: Bool, at now: Timestamp, _ limits: QuotaLimits) -> Timestamp? {
        if let wait = wait(isUrgent: isUrgent, underWay: underWay, at: now, limits) { return wait }
        let minuteEnds = minuteBegan.adding(seconds: 60)
        if now >= minuteEnds || now < minuteBegan {
            minuteBegan = now
            pointsThisMinute = 0
        }
        guard pointsThisMinute + points <= limits.pointsPerMinute else { return minuteBegan.adding(seconds: 60) }
        guard underWay < limits.maximumConcurrentCount else { return now.adding(seconds: 1) }
        pointsThisMinute += points
        underWay += 1
        return nil
    }

    /// When REST may be asked again; nil: now.
    ///
    /// - Parameter underWay: requests that were not answered yet.
    func wait(isUrgent: Bool, underWay: UInt64 = 0, at now: Timestamp, _ limits: QuotaLimits) -> Timestamp? {
        if let pausedUntil, pausedUntil > now { return pausedUntil }
        guard let rateLimit, rateLimit.resetAt > now,
            rateLimit.resetAt < now.adding(seconds: Self.longestBelievedSeconds)
        else { return nil }
        let kept = isUrgent ? 0 : rateLimit.limit * limits.reservePercent / 100
        return rateLimit.remaining > kept + underWay ? nil : rateLimit.resetAt
    }

    /// Learns from the answer to a request that was reserved; nil where none came.
    ///
    /// - Returns: until when to wait, where the answer asks for that.
    mutating func settle(_ verdict: Verdict?, at now: Timestamp, _ limits: QuotaLimits) -> Timestamp? {
        underWay -= min(underWay, 1)
        guard let verdict else { return nil }
        if let told = verdict.rateLimit { learn(told) }
        guard let pause = verdict.pause else {
            pausesInARow = 0
            return nil
        }
        let until = Self.end(of: pause, at: now, inARow: pausesInARow, limits)
        pausesInARow += 1
        pausedUntil = max(until, pausedUntil ?? until)
        return until
    }

    /// What is left, as it was known before this program started.
    mutating func learn(_ told: RateLimit) {
        // Answers overtake each other: within one window the least that was told is the newest.
        if let known = rateLimit, known.resetAt == told.resetAt, known.remaining < told.remaining { return }
        if let known = rateLimit, known.resetAt > told.resetAt { return }
        rateLimit = told
    }

    /// Until when to wait, as it was known before this program started.
    mutating func learn(pausedUntil told: Timestamp) { pausedUntil = max(told, pausedUntil ?? told) }

    /// Until when the Git server wants to be left alone, as it was known before this program started.
    mutating func learn(gitPausedUntil told: Timestamp) { gitPausedUntil = max(told, gitPausedUntil ?? told) }

    /// When the Git server may be asked; nil: now.
    func gitWait(at now: Timestamp) -> Timestamp? {
        guard let gitPausedUntil, gitPausedUntil > now else { return nil }
        return gitPausedUntil
    }

    /// The Git server asked to wait.
    mutating func pauseGit(_ pause: Verdict.Pause, at now: Timestamp, _ limits: QuotaLimits) -> Timestamp {
        let until = Self.end(of: pause, at: now, inARow: gitPausesInARow, limits)
        gitPausesInARow += 1
        gitPausedUntil = max(until, gitPausedUntil ?? until)
        return until
    }

    mutating func gitAnswered() {
        gitPausesInARow = 0
        gitMissingUntil = nil
    }

    /// The Git server could not be reached.
    mutating func gitIsMissing(at now: Timestamp) { gitMissingUntil = now.adding(seconds: Self.gitMissingSeconds) }

    func isGitMissing(at now: Timestamp) -> Bool { gitMissingUntil.map { $0 > now } ?? false }

    /// So long a Git server that could not be reached is taken to be out of reach.
    static let gitMissingSeconds = 300.0

    private static func end(
        of pause: Verdict.Pause, at now: Timestamp, inARow: Int, _ limits: QuotaLimits
    ) -> Timestamp {
        switch pause {
        case .seconds(let seconds): return now.adding(seconds: min(max(seconds, 1), Self.longestBelievedSeconds))
        case .until(let time):
            // A time that is past by this machine's clock would make a loop without a pause.
            return min(max(time, now.adding(seconds: 1)), now.adding(seconds: Self.longestBelievedSeconds))
        case .unsaid:
            var seconds = limits.shortestPauseSeconds
            for _ in 0..<min(inARow, 16) where seconds < limits.longestPauseSeconds { seconds *= 2 }
            return now.adding(seconds: min(seconds, limits.longestPauseSeconds))
        }
    }

    /// An answer that asks to wait longer than a day is not believed.
    static let longestBelievedSeconds = 86_400.0
}
