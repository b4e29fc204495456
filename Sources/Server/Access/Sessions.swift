import Events
import Hummingbird
import Ingest
import Synchronization

/// Who has signed in to the dashboard. A browser is known by a random number in a cookie; the token itself is not kept.
final class Sessions: Sendable {
    /// A session ends after so many seconds without a request, and in any case after the second number.
    static let idleSeconds = 12 * 3600.0
    static let maximumSeconds = 7 * 86_400.0
    /// Beyond it the one that was not used for longest ends.
    static let maximumCount = 1024
    static let cookieName = "ingestor_session"
    private static let randomByteCount = 32

    struct Session: Sendable {
        var caller: Caller
        /// What a form has to send along, so that no other site can send one.
        var csrf: String
        /// The token that let the administrator in: with another one the session is over.
        var administrator: SHA256Hash?
        var begunAt: Timestamp
        var usedAt: Timestamp
    }

    private let random: @Sendable (Int) throws -> [UInt8]
    private let now: @Sendable () -> Timestamp
    private let sessions = Mutex<[SHA256Hash: Session]>([:])

    private let administrator: @Sendable () -> SHA256Hash?

    /// - Parameter administrator: the hash of the administrator's token, as of now.
    init(
        random: @escaping @Sendable (Int) throws -> [UInt8], now: @escaping @Sendable () -> Timestamp,
        administrator: @escaping @Sendable () -> SHA256Hash? = { nil }
    ) {
        self.random = random
        self.administrator = administrator
        self.now = now
    }

    /// - Returns: what the browser is to show from now on.
    func begin(_ caller: Caller) throws -> String {
        let key = Base64URL.encode(try random(Self.randomByteCount))
        let csrf = Base64URL.encode(try random(Self.randomByteCount))
        let time = now()
        sessions.withLock { sessions in
            sessions = sessions.filter { !Self.isOver($0.value, at: time) }
            if sessions.count >= Self.maximumCount, let oldest = sessions.min(by: { $0.value.usedAt < $1.value.usedAt })
            {
                sessions[oldest.key] = nil
            }
            sessions[Self.hash(key)] = Session(
                caller: caller, csrf: csrf, administrator: caller == .administrator ? administrator() : nil,
                begunAt: time, usedAt: time)
        }
        return key
    }

    func end(_ request: Request) {
        guard let key = Self.key(in: request) else { return }
        sessions.withLock { $0[Self.hash(key)] = nil }
    }

    /// The session of a request; nil where there is none any more.
    func session(of request: Request) -> Session? {
        guard let key = Self.key(in: request) else { return nil }
        let time = now()
        return sessions.withLock { sessions in
            let hash = Self.hash(key)
            guard var session = sessions[hash] else { return nil }
            let isAnothers = session.caller == .administrator && session.administrator != administrator()
            guard !isAnothers, !Self.isOver(session, at: time) else {
                sessions[hash] = nil
                return nil
            }
            session.usedAt = time
            sessions[hash] = session
            return session
        }
    }

    private static func isOver(_ session: Session, at time: Timestamp) -> Bool {
        time.seconds(since: session.usedAt) > idleSeconds || time.seconds(since: session.begunAt) > maximumSeconds
    }

    private static func hash(_ key: String) -> SHA256Hash { AccessToken.hash(Array(key.utf8)) }

    private static func key(in request: Request) -> String? {
        for field in request.headers[values: .cookie] {
            for part in field.split(separator: ";") {
                let pair = part.trimmingWhitespace().split(separator: "=", maxSplits: 1)
                if pair.count == 2, pair[0] == cookieName { return String(pair[1]) }
            }
        }
        return nil
    }
}

/// Base 64 for URLs, without padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Nil for what is none.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            let digit: UInt32
            switch character {
            case 65...90: digit = UInt32(character) - 65
            case 97...122: digit = UInt32(character) - 71
            case 48...57: digit = UInt32(character) + 4
            case UInt8(ascii: "-"): digit = 62
            case UInt8(ascii: "_"): digit = 63
            default: return nil
            }
            bits = bits << 6 | digit
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return bits == 0 && count < 6 ? bytes : nil
    }
}
