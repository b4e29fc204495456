public import Events
import ProviderKit
import Synchronization

/// What each credential may still ask: learnt from GitHub's answers, and held to before anything is asked.
public final class QuotaLedger: Sendable {
    private let accounts = Mutex<[String: QuotaAccount]>([:])
    private let limits: QuotaLimits

    public init(limits: QuotaLimits = QuotaLimits()) { self.limits = limits }

    /// Every credential that was used, in the order of their names.
    public func snapshot() -> [QuotaSnapshot] {
        accounts.withLock { $0 }.sorted { $0.key < $1.key }.map { name, account in
            QuotaSnapshot(
                name: name, rateLimit: account.rateLimit, pausedUntil: account.pausedUntil,
                gitPausedUntil: account.gitPausedUntil)
        }
    }

    /// Tells what was known of a credential before this program started.
    ///
    /// - Parameters:
    ///   - rateLimit: what was left of the primary limit.
    ///   - pausedUntil: GitHub asked to wait until then. It is not known any more who asked, the REST API or the Git server:
    ///     REST waits, since that is where quota is lost; Git says it again.
    public func restore(_ quota: String, _ rateLimit: RateLimit?, pausedUntil: Timestamp? = nil) {
        accounts.withLock { accounts in
            if let rateLimit { accounts[quota, default: QuotaAccount()].learn(rateLimit) }
            if let pausedUntil { accounts[quota, default: QuotaAccount()].learn(pausedUntil: pausedUntil) }
        }
    }

    func rateLimit(of quota: String) -> RateLimit? { accounts.withLock { $0[quota]?.rateLimit } }

    /// - Throws: ``ProviderError`` (rateLimited) with the time at which it may be tried again.
    func reserve(_ quota: String, points: Int, isUrgent: Bool, at now: Timestamp) throws(ProviderError) {
        let wait = accounts.withLock {
            $0[quota, default: QuotaAccount()].reserve(points: points, isUrgent: isUrgent, at: now, limits)
        }
        if let wait { throw Self.limited("GitHub's limit for \(quota) is used up", until: wait) }
    }

    /// - Parameter verdict: nil where no answer came.
    /// - Throws: ``ProviderError`` (rateLimited) where the answer asks to wait.
    func settle(_ quota: String, _ verdict: QuotaAccount.Verdict?, at now: Timestamp) throws(ProviderError) {
        let wait = accounts.withLock { $0[quota, default: QuotaAccount()].settle(verdict, at: now, limits) }
        if let wait { throw Self.limited("GitHub asks \(quota) to wait", until: wait) }
    }

    /// - Throws: ``ProviderError`` (rateLimited) while the Git server wants to be left alone.
    func checkGit(_ quota: String, at now: Timestamp) throws(ProviderError) {
        if let wait = accounts.withLock({ $0[quota]?.gitWait(at: now) }) {
            throw Self.limited("GitHub's Git server asked \(quota) to wait", until: wait)
        }
    }

    func gitAnswered(_ quota: String) { accounts.withLock { $0[quota]?.gitAnswered() } }

    /// The Git server asked to wait.
    ///
    /// - Returns: what to throw.
    func pauseGit(_ quota: String, until time: Timestamp?, at now: Timestamp) -> ProviderError {
        let wait = accounts.withLock {
            $0[quota, default: QuotaAccount()].pauseGit(time.map { .until($0) } ?? .unsaid, at: now, limits)
        }
        return Self.limited("GitHub's Git server asks \(quota) to wait", until: wait)
    }

    private static func limited(_ words: String, until time: Timestamp) -> ProviderError {
        ProviderError(.rateLimited, .rateLimited, "\(words): it goes on at \(time.rfc3339)", retryAt: time)
    }
}

/// What one credential may still ask.
public struct QuotaSnapshot: Sendable, Equatable {
    /// Names the credential without telling it.
    public var name: String
    /// The primary limit, as the last answer told it.
    public var rateLimit: RateLimit?
    /// Nothing is asked over REST before; it may be past.
    public var pausedUntil: Timestamp?
    /// Nothing is asked of the Git server before; it may be past.
    public var gitPausedUntil: Timestamp?

    /// When REST may be asked again by work that is not urgent; nil: now.
    public func waitsUntil(at now: Timestamp, reservePercent: UInt64 = QuotaLimits().reservePercent) -> Timestamp? {
        var wait = pausedUntil.flatMap { $0 > now ? $0 : nil }
        if let rateLimit, rateLimit.resetAt > now,
            rateLimit.remaining <= rateLimit.limit * reservePercent / 100
        {
            wait = max(wait ?? rateLimit.resetAt, rateLimit.resetAt)
        }
        return wait
    }

    public init(
        name: String, rateLimit: RateLimit?, pausedUntil: Timestamp? = nil, gitPausedUntil: Timestamp? = nil
    ) {
        self.name = name
        self.rateLimit = rateLimit
        self.pausedUntil = pausedUntil
        self.gitPausedUntil = gitPausedUntil
    }
}
