import Synchronization

/// How many requests each caller has left.
final class QuotaBook: Sendable {
    /// One caller's primary limit, as its headers tell it.
    struct Quota: Sendable {
        var limit: Int
        var used = 0
        /// Since 1970.
        var resetSeconds: Int64

        var remaining: Int { max(limit - used, 0) }
    }

    enum Decision {
        case go(Quota)
        case primary(Quota)
        case secondary(Quota)
    }

    private struct Account {
        var quota: Quota
        var running = 0
        var minute: Int64 = 0
        var points = 0
        var gitMinute: Int64 = 0
        var gitRequests = 0
    }

    /// The window of the primary limit.
    static let windowSeconds: Int64 = 3600

    private let accounts = Mutex<[String: Account]>([:])

    /// Takes one request, or says which limit stands against it. A request that goes has to be ended by `end`.
    /// - Parameter points: what it weighs in the secondary limit.
    func begin(_ name: String, limit: Int, points: Int, limits: Limits, now: Int64) -> Decision {
        change(name, limit: limit, now: now) { account in
            if account.quota.remaining == 0 { return .primary(account.quota) }
            if account.minute != now / 60 { (account.minute, account.points) = (now / 60, 0) }
            if account.running >= limits.concurrentRequests || account.points + points > limits.pointsPerMinute {
                return .secondary(account.quota)
            }
            account.points += points
            account.running += 1
            account.quota.used += 1
            return .go(account.quota)
        }
    }

    /// - Parameter isFree: gives the request back, as for a 304.
    func end(_ name: String, limit: Int, isFree: Bool, now: Int64) -> Quota {
        change(name, limit: limit, now: now) { account in
            account.running = max(account.running - 1, 0)
            if isFree { account.quota.used = max(account.quota.used - 1, 0) }
            return account.quota
        }
    }

    func quota(_ name: String, limit: Int, now: Int64) -> Quota {
        change(name, limit: limit, now: now) { $0.quota }
    }

    /// Leaves so many requests until the reset.
    func setRemaining(_ remaining: Int, of name: String, limit: Int, resetSeconds: Int64?, now: Int64) {
        change(name, limit: limit, now: now) { account in
            account.quota.used = max(account.quota.limit - remaining, 0)
            if let resetSeconds { account.quota.resetSeconds = resetSeconds }
        }
    }

    /// Whether Git's own limit lets a request pass.
    func takeGitRequest(_ name: String, limit: Int, perMinute: Int, now: Int64) -> Bool {
        change(name, limit: limit, now: now) { account in
            if account.gitMinute != now / 60 { (account.gitMinute, account.gitRequests) = (now / 60, 0) }
            account.gitRequests += 1
            return account.gitRequests <= perMinute
        }
    }

    private func change<R: Sendable>(_ name: String, limit: Int, now: Int64, _ body: (inout Account) -> R) -> R {
        accounts.withLock { accounts in
            var account =
                accounts[name]
                ?? Account(quota: Quota(limit: limit, resetSeconds: now + Self.windowSeconds))
            if account.quota.resetSeconds <= now {
                account.quota = Quota(limit: limit, resetSeconds: now + Self.windowSeconds)
            }
            account.quota.limit = limit
            defer { accounts[name] = account }
            return body(&account)
        }
    }
}
