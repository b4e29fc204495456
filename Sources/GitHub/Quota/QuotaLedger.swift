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

    /// The name under which the limit of the Git server is told that a credential meets: Git is not counted in the REST limit.
    static func git(_ quota: String) -> String { quota + gitSuffix }

    /// The same for large files, whose server is another one.
    static func largeFiles(_ quota: String) -> String { quota + largeFilesSuffix }

    private static let gitSuffix = ":git"
    private static let largeFilesSuffix = ":lfs"

    /// Tells what was known of a limit before this program started.
    ///
    /// - Parameters:
    ///   - limit: as errors and answers name it.
    ///   - rateLimit: what was left of the primary limit.
    ///   - pausedUntil: work was told to wait until then.
    public func restore(_ limit: String, _ rateLimit: RateLimit?, pausedUntil: Timestamp? = nil) {
        accounts.withLock { accounts in
            if limit.hasSuffix(Self.gitSuffix) {
                let quota = String(limit.dropLast(Self.gitSuffix.count))
                if let pausedUntil { accounts[quota, default: QuotaAccount()].learn(gitPausedUntil: pausedUntil) }
                return
            }
            // Whoever fetches large files finds out again.
            guard !limit.hasSuffix(Self.largeFilesSuffix) else { return }
            if let rateLimit { accounts[limit, default: QuotaAccount()].learn(rateLimit) }
            // Where something was left, it was the reserve that work was kept from.
            let isReserve = rateLimit.map { $0.remaining > 0 && $0.resetAt == pausedUntil } ?? false
            if let pausedUntil, !isReserve {
                accounts[limit, default: QuotaAccount()].learn(pausedUntil: pausedUntil)
            }
        }
    }

    /// Until when work with a credential would only be told to wait; nil: it may begin.
    ///
    /// - Parameter transport: how contents are fetched; the App's own questions are always asked over REST.
    func pause(
        of quota: String, isUrgent: Bool, over transport: GitHubSettings.Transport, at now: Timestamp
    ) -> LimitPause? {
        accounts.withLock { accounts in
            guard let account = accounts[quota] else { return nil }
            let needsREST =
                transport == .rest || quota == Self.app || transport == .automatic && account.isGitMissing(at: now)
            guard needsREST else {
                return account.gitWait(at: now).map { LimitPause(limit: Self.git(quota), until: $0) }
            }
            return account.wait(isUrgent: isUrgent, at: now, limits).map { LimitPause(limit: quota, until: $0) }
        }
    }

    /// What the App itself asks with.
    static let app = "github:app"

    func rateLimit(of quota: String) -> RateLimit? { accounts.withLock { $0[quota]?.rateLimit } }

    /// - Throws: ``ProviderError`` (rateLimited) with the time at which it may be tried again.
    func reserve(_ quota: String, points: Int, isUrgent: Bool, at now: Timestamp) throws(ProviderError) {
        let wait = accounts.withLock {
            $0[quota, default: QuotaAccount()].reserve(points: points, isUrgent: isUrgent, at: now, limits)
        }
        if let wait { throw Self.limited(quota, "GitHub's limit for \(quota) is used up", until: wait) }
    }

    /// - Parameter verdict: nil where no answer came.
    /// - Throws: ``ProviderError`` (rateLimited) where the answer asks to wait.
    func settle(_ quota: String, _ verdict: QuotaAccount.Verdict?, at now: Timestamp) throws(ProviderError) {
        let wait = accounts.withLock { $0[quota, default: QuotaAccount()].settle(verdict, at: now, limits) }
        if let wait { throw Self.limited(quota, "GitHub asks \(quota) to wait", until: wait) }
    }

    /// - Throws: ``ProviderError`` (rateLimited) while the Git server wants to be left alone.
    func checkGit(_ quota: String, at now: Timestamp) throws(ProviderError) {
        if let wait = accounts.withLock({ $0[quota]?.gitWait(at: now) }) {
            throw Self.limited(Self.git(quota), "GitHub's Git server asked \(quota) to wait", until: wait)
        }
    }

    func gitAnswered(_ quota: String) { accounts.withLock { $0[quota]?.gitAnswered() } }

    /// The Git server could not be reached: for a while work is taken to need REST.
    func gitIsMissing(_ quota: String, at now: Timestamp) {
        accounts.withLock { $0[quota, default: QuotaAccount()].gitIsMissing(at: now) }
    }

    /// The Git server asked to wait.
    ///
    /// - Returns: what to throw.
    func pauseGit(_ quota: String, until time: Timestamp?, at now: Timestamp) -> ProviderError {
        let wait = accounts.withLock {
            $0[quota, default: QuotaAccount()].pauseGit(time.map { .until($0) } ?? .unsaid, at: now, limits)
        }
        return Self.limited(Self.git(quota), "GitHub's Git server asks \(quota) to wait", until: wait)
    }

    private static func limited(_ limit: String, _ words: String, until time: Timestamp) -> ProviderError {
        ProviderError(
            .rateLimited, .rateLimited, "\(words): it goes on at \(time.rfc3339)", retryAt: time, quota: limit)
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
