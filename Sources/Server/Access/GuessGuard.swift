import Events
import Synchronization

/// Ends the guessing of tokens: where too many that nobody has were shown in a minute, no token is looked at until the next one
/// but those that were good before. Of all senders together: behind a proxy all come from one address.
final class GuessGuard: Sendable {
    /// Wrong tokens that are answered in a minute. Whoever guesses tokens of ten letters needs a hundred thousand years.
    static let maximumWrongCount = 1000
    /// Good tokens that are remembered, by their hashes.
    static let maximumKnownCount = 1024

    private struct State {
        var minuteBegan: Timestamp
        var wrongCount = 0
        var known: Set<SHA256Hash> = []
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Timestamp

    private static let windowSeconds = 60.0

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        state = Mutex(State(minuteBegan: now()))
    }

    /// - Returns: seconds after which the token may be shown again; nil where it may be looked at.
    func wait(_ token: SHA256Hash) -> Double? {
        let time = now()
        return state.withLock { state in
            let passed = time.seconds(since: state.minuteBegan)
            if !(0..<Self.windowSeconds).contains(passed) { (state.minuteBegan, state.wrongCount) = (time, 0) }
            guard state.wrongCount >= Self.maximumWrongCount, !state.known.contains(token) else { return nil }
            return Self.windowSeconds - passed
        }
    }

    /// Takes in whether a token was somebody's.
    func shown(_ token: SHA256Hash, isGood: Bool) {
        state.withLock { state in
            if isGood {
                if state.known.count < Self.maximumKnownCount { state.known.insert(token) }
            } else {
                state.known.remove(token)
                state.wrongCount += 1
            }
        }
    }
}
