import Synchronization

/// Something that goes wrong on demand.
public enum Fault: Sendable {
    /// Answers with this instead of asking git: an overloaded server, a rate limit, a page that is no Git server.
    case answer(status: Int, headers: [String: String] = [:], body: [UInt8] = [])
    /// Answers 200 with the protocol's error packet, as a server does that refuses a want.
    case errorPacket(String)
    /// Sends the client elsewhere: `from` at the start of the path becomes `to`, a path or a URL.
    case redirect(from: String, to: String, status: Int = 301)
    /// Sends so many bytes of the body, then closes the connection.
    case cut(afterBytes: Int)
    /// Sends so many bytes of the body, then nothing until `clearFaults()`. With 0 not even the head is sent.
    case hang(afterBytes: Int = 0)
    /// Inverts one byte of the pack (offset from its `PACK`), leaving the packet lines whole.
    case corruptPack(atByte: Int)
    /// Speaks protocol v0 whatever the client asks for.
    case protocolV0
    /// Waits before it answers.
    case latency(Duration)
    /// Sends no more than so many bytes a second.
    case throttle(bytesPerSecond: Int)

    /// 503, as an overloaded server gives it.
    public static let unavailable = Fault.answer(status: 503)

    /// 429 with `Retry-After` in seconds.
    public static func rateLimited(retryAfterSeconds: Int) -> Fault {
        .answer(status: 429, headers: ["Retry-After": String(retryAfterSeconds)])
    }

    /// GitHub's secondary limit, whose state no header tells.
    /// - Parameters:
    ///   - retryAfter: seconds, or a date (RFC 9110, 10.2.3); nil for none.
    ///   - status: 403 or 429.
    public static func secondaryLimit(retryAfter: String?, status: Int = 403) -> Fault {
        let words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        let body = JSONValue.object([
            (key: "message", value: .string(words)),
            (key: "documentation_url", value: "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"),
        ])
        var headers = ["Content-Type": RESTAnswer.json]
        if let retryAfter { headers["Retry-After"] = retryAfter }
        return .answer(status: status, headers: headers, body: body.bytes)
    }
}

/// The faults in force, each with the requests it meets.
final class FaultBoard: Sendable {
    private struct Rule {
        var fault: Fault
        var kinds: Set<RequestKind>?
        /// Only requests whose path contains it.
        var path: String?
        var remaining: Int?
        var probability: Double
    }

    private struct Board {
        var rules: [Rule] = []
        /// Counts the clearings, so that a request that hangs sees the one that releases it.
        var generation = 0
        var random: SplitMix64
    }

    private let board: Mutex<Board>

    init(seed: UInt64 = 0) { board = Mutex(Board(random: SplitMix64(state: seed))) }

    func add(
        _ fault: Fault, on kinds: Set<RequestKind>?, path: String? = nil, times: Int?, probability: Double = 1
    ) {
        board.withLock {
            $0.rules.append(
                Rule(fault: fault, kinds: kinds, path: path, remaining: times, probability: probability))
        }
    }

    func clear() {
        board.withLock {
            $0.rules = []
            $0.generation += 1
        }
    }

    /// The faults that a request of this kind meets; each counts as used once.
    func take(for kind: RequestKind, path: String) -> FaultPlan {
        board.withLock { board in
            var plan = FaultPlan(generation: board.generation)
            for index in board.rules.indices {
                let rule = board.rules[index]
                guard rule.kinds?.contains(kind) ?? true, rule.path.map(path.contains) ?? true,
                    rule.probability >= 1 || Double.random(in: 0..<1, using: &board.random) < rule.probability
                else { continue }
                plan.add(board.rules[index].fault)
                if let remaining = board.rules[index].remaining { board.rules[index].remaining = remaining - 1 }
            }
            board.rules.removeAll { $0.remaining.map { $0 <= 0 } ?? false }
            return plan
        }
    }

    /// Returns once the faults that were in force at `generation` have been cleared.
    func waitForRelease(of generation: Int) async throws {
        while board.withLock({ $0.generation == generation }) { try await Task.sleep(for: .milliseconds(10)) }
    }
}

/// What one request meets.
struct FaultPlan: Sendable {
    enum Answer: Sendable {
        case fixed(status: Int, headers: [String: String], body: [UInt8])
        case redirect(from: String, to: String, status: Int)
    }

    let generation: Int
    var answer: Answer?
    var cutAfterBytes: Int?
    var hangAfterBytes: Int?
    var corruptPackByte: Int?
    var bytesPerSecond: Int?
    var latency = Duration.zero
    var protocolV0 = false

    init(generation: Int) { self.generation = generation }

    mutating func add(_ fault: Fault) {
        switch fault {
        case .answer(let status, let headers, let body):
            answer = .fixed(status: status, headers: headers, body: body)
        case .errorPacket(let message):
            let packet = PacketLine.encoded("ERR \(message)\n")
            answer = .fixed(
                status: 200, headers: ["Content-Type": "application/x-git-upload-pack-result"], body: packet)
        case .redirect(let from, let to, let status): answer = .redirect(from: from, to: to, status: status)
        case .cut(let bytes): cutAfterBytes = bytes
        case .hang(let bytes): hangAfterBytes = bytes
        case .corruptPack(let byte): corruptPackByte = byte
        case .protocolV0: protocolV0 = true
        case .latency(let duration): latency += duration
        case .throttle(let rate): bytesPerSecond = max(rate, 1)
        }
    }
}
