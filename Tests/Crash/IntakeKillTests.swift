import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import GitHubSimulator

/// The server is killed while many deliveries come in: what it has answered with success is in the log, and readable.
@Suite(.serialized) struct IntakeKillTests {
    /// How far the life of one server is, for those who send to it.
    private final class Life: Sendable {
        enum Phase {
            case preparing
            case sending
            case over
        }

        private let state = Mutex<(phase: Phase, failure: (any Error)?)>((.preparing, nil))

        var phase: Phase { state.withLock { $0.phase } }
        var failure: (any Error)? { state.withLock { $0.failure } }

        func enter(_ phase: Phase) { state.withLock { $0.phase = phase } }
        func fail(_ error: any Error) { state.withLock { $0.failure = error } }
    }

    @Test(.enabled(if: KillSettings.current.intakeKills > 0), .timeLimit(.minutes(30)))
    func acceptedDeliveriesSurviveKills() async throws {
        let settings = KillSettings.current
        print("intake: \(settings.intakeKills) kills, seed \(settings.seed), \(settings.binary)")
        try await withTemporaryFolder { folder in
            let variables = ["INGESTOR_GITHUB_WEBHOOK_SECRET=\(Delivery.secret)"]
            let engine = EngineProcess(settings: settings, data: "\(folder)/data", locator: "", variables: variables)
            try await engine.succeed(["init"])
            try await run(engine)
        }
    }

    private func run(_ engine: EngineProcess) async throws {
        var random = SplitMix64(state: engine.settings.seed)
        let load = WebhookLoad(seed: engine.settings.seed)
        var checked = 0
        for _ in 0..<engine.settings.intakeKills {
            let moment = Duration.milliseconds(Int.random(in: 10...700, using: &random))
            let new = checked..<load.end
            try await round(engine, load, checking: new, sendingFor: moment)
            checked = new.upperBound
        }
        // What the last kill met.
        try await round(engine, load, checking: checked..<load.end, sendingFor: nil)
        try await engine.succeed(["verify"])
        try await engine.succeed(["replay", "--verify"])
        #expect(!load.accepted.isEmpty)
        #expect(load.refused.isEmpty, "other answers than 202")
        print(
            "intake: \(engine.settings.intakeKills) kills, \(load.end) deliveries sent, \(load.accepted.count) answered "
                + "with 202 and \(load.end - load.accepted.count) cut: those answered are in the log with their bodies")
    }

    /// Starts the server, looks at what was sent to an earlier one, and kills it under load.
    ///
    /// - Parameters:
    ///   - numbers: of the deliveries that nobody has looked at yet.
    ///   - time: how long deliveries come in; nil: there are none.
    private func round(
        _ engine: EngineProcess, _ load: WebhookLoad, checking numbers: Range<Int>, sendingFor time: Duration?
    ) async throws {
        let address = try LoopbackAddress("http://127.0.0.1:\(Self.freePort())\(WebhookLoad.path)")
        let life = Life()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { life.enter(.over) }
                let outcome = try await engine.run(["serve", "--listen", "127.0.0.1:\(address.port)"]) {
                    do {
                        try await Self.waitUntilHealthy(address)
                        try await check(engine, load, numbers, address)
                        life.enter(.sending)
                        if let time { try await Task.sleep(for: time) }
                    } catch {
                        life.fail(error)
                    }
                }
                guard case .killed = outcome.ending else {
                    throw SimulatorError(
                        code: .server, message: "the server ended by itself: \(outcome.ending) \(outcome.errorText)")
                }
                if let error = life.failure { throw error }
            }
            for _ in 0..<(time == nil ? 0 : WebhookLoad.connections) {
                group.addTask {
                    while life.phase == .preparing { try await Task.sleep(for: .milliseconds(1)) }
                    if life.phase == .sending { try await load.sendUntilCut(to: address) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Everything that was accepted is in the log, once, with the body that was sent; and is known when it is sent again.
    private func check(_ engine: EngineProcess, _ load: WebhookLoad, _ numbers: Range<Int>, _ address: LoopbackAddress)
        async throws
    {
        let accepted = load.accepted
        let before = try ReceivedReports.positions(of: numbers, load, engine)
        for number in numbers {
            guard let answer = accepted[number] else { continue }
            let position = try #require(before[number], "delivery \(number) was accepted and is not in the log")
            if let answer { try #require(answer.position == position, "it was said to be elsewhere") }
        }
        for (number, receipt) in try await load.sendAgain(Array(numbers), to: address) {
            try #require(receipt.duplicate == (before[number] != nil), "delivery \(number), sent again")
            if let position = before[number] { try #require(receipt.position == position) }
        }
        let after = try ReceivedReports.positions(of: numbers, load, engine)
        try #require(after.count == numbers.count)
    }

    private static func waitUntilHealthy(_ address: LoopbackAddress) async throws {
        for _ in 0..<6000 {
            do {
                let connection = try await LoopbackConnection(to: address)
                if try await connection.send("GET", "/healthz", headers: [], body: []).status == 200 { return }
            } catch is SimulatorError {}
            try await Task.sleep(for: .milliseconds(10))
        }
        throw SimulatorError(code: .server, message: "the server does not come up")
    }

    /// A port that nobody listens on.
    private static func freePort() throws -> UInt16 {
        let socket = Descriptor(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.number, $0, length) == 0 ? getsockname(socket.number, $0, &length) : -1
            }
        }
        guard result == 0 else { throw SimulatorError.system("bind") }
        return UInt16(bigEndian: address.sin_port)
    }
}
