import Events
import Hummingbird

/// How fast requests may come: those of one token, for this server's sake, and those of one tenant, as was decided for it.
final class RequestRates: Sendable {
    private let perToken: Rate
    private let tokens: RateLimiter<Caller>
    private let tenants: RateLimiter<TenantID>

    init(_ limits: ServerLimits, now: @escaping @Sendable () -> Timestamp) {
        perToken = Rate(perSecond: limits.requestsPerSecond, burst: limits.requestBurst)
        tokens = RateLimiter(now: now)
        tenants = RateLimiter(now: now)
    }

    /// - Throws: `Problem` (429) where it is one request too many.
    func take(_ caller: Caller) throws {
        guard let wait = tokens.take(caller, perToken) else { return }
        throw Self.problem(
            "tooManyRequests", "this token's requests come faster than \(perToken.perSecond) a second", wait)
    }

    /// - Throws: `Problem` (429) where it is one request too many.
    func take(_ tenant: TenantID, perMinute: UInt64) throws {
        let rate = Rate(perSecond: Double(perMinute) / 60, burst: Double(perMinute))
        guard let wait = tenants.take(tenant, rate) else { return }
        throw Self.problem("limitReached", "the tenant may send \(perMinute) requests a minute, and has", wait)
    }

    private static func problem(_ code: String, _ detail: String, _ wait: Double) -> Problem {
        Problem(
            status: .tooManyRequests, code: code, detail: detail, retryAfterSeconds: max(1, Int(wait.rounded(.up))))
    }
}
