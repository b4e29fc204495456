import Events
import ProviderKit

/// A token that runs out: renewed ahead of time, and by one caller while the others wait for it.
actor RenewedToken {
    struct Token: Sendable {
        var secret: Secret
        /// Nil: it does not run out.
        var expiresAt: Timestamp?
    }

    private var current: Token?
    private var isRenewing = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// So long before a token runs out it is renewed. Tokens live for one hour (installations) or eight (users).
    static let renewedAheadSeconds = 300.0
    /// A token that is this near to its end is not used, since clocks differ.
    static let unusableSeconds = 20.0

    /// - Parameter renew: is given what there was, and gets a new one.
    /// - Throws: what `renew` throws, unless the old token is still good and a later try may do.
    func token(
        now: Timestamp, renew: @Sendable (Token?) async throws -> Token
    ) async throws -> Secret {
        while true {
            if let current, Self.lives(current, at: now.adding(seconds: Self.renewedAheadSeconds)) {
                return current.secret
            }
            guard isRenewing else { break }
            await withCheckedContinuation { waiting.append($0) }
        }
        isRenewing = true
        defer {
            isRenewing = false
            let woken = waiting
            waiting = []
            for continuation in woken { continuation.resume() }
        }
        do {
            let renewed = try await renew(current)
            current = renewed
            return renewed.secret
        } catch let error as ProviderError where error.errorClass != .permanent {
            guard let current, Self.lives(current, at: now.adding(seconds: Self.unusableSeconds)) else { throw error }
            return current.secret
        }
    }

    /// The token is not good, whatever its end: the next call renews it.
    func discard(_ secret: Secret) {
        if current?.secret == secret { current?.expiresAt = Timestamp(microseconds: 0) }
    }

    /// Whether there is a token that would do, be it one that is due to be renewed.
    func isUsable(at now: Timestamp) -> Bool {
        current.map { Self.lives($0, at: now.adding(seconds: Self.unusableSeconds)) } ?? false
    }

    private static func lives(_ token: Token, at time: Timestamp) -> Bool {
        token.expiresAt.map { $0 > time } ?? true
    }
}
