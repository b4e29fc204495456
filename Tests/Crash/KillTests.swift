import FoundationEssentials
import Testing

@testable import GitHubSimulator

/// A growing repository is synced over and over, and the process is killed at random moments.
@Suite(.serialized) struct KillTests {
    /// Full checks on the way; the last one is at the end.
    private static let checkEvery = 50
    /// Runs a kill may take at most on average: many end before their moment comes.
    private static let runsPerKill = 5

    @Test(.enabled(if: KillSettings.current.kills > 0, "run tools/soak kill"))
    func syncsSurviveKills() async throws {
        let settings = KillSettings.current
        print("kill: \(settings.kills) kills, seed \(settings.seed), \(settings.binary)")
        try await withTemporaryFolder { folder in
            let server = GitServer.Configuration(root: "\(folder)/served")
            try FileManager.default.createDirectory(atPath: server.root, withIntermediateDirectories: true)
            let repository = try GrowingRepository(
                at: "\(server.root)/project.git", generator: SplitMix64(state: settings.seed &+ 1))
            try await GitServer.withServer(server) { server in
                let engine = EngineProcess(
                    settings: settings, data: "\(folder)/data", locator: "git:\(server.url("project.git"))")
                try await run(engine, repository)
            }
        }
    }

    private func run(_ engine: EngineProcess, _ start: GrowingRepository) async throws {
        var (repository, generator) = (start, SplitMix64(state: engine.settings.seed))
        var acknowledged: [[UInt8]] = []
        var (runs, kills, atShardChange) = (0, 0, 0)
        var usual = try await usualTime(engine)
        try await engine.succeed(["init"])
        while kills < engine.settings.kills {
            runs += 1
            guard runs <= Self.runsPerKill * engine.settings.kills + 10 else {
                throw SimulatorError(code: .server, message: "only \(kills) of \(runs) runs could be killed")
            }
            if runs > 1, generator.next() % 2 == 0 { try repository.grow() }
            let moment = Moment(usual: usual, generator: &generator)
            let force = generator.next() % 16 == 0 ? ["--force"] : []
            let began = ContinuousClock.now
            let outcome = try await engine.run(["sync", engine.locator, "--quiet"] + force) {
                try await moment.wait(engine)
            }
            switch outcome.ending {
            case .killed:
                kills += 1
                if moment.isAtShardChange { atShardChange += 1 }
            case .exited(0): usual = (usual * 3 + (ContinuousClock.now - began)) / 4
            case .exited(let status):
                Issue.record("run \(runs), after \(kills) kills: sync exited with \(status): \(outcome.errorText)")
            }
            // Not every time: reading brings the state up to date, and kills should meet one that is behind too.
            if generator.next() % 2 == 0 { acknowledged += try await engine.events(from: acknowledged.count) }
            if kills % Self.checkEvery == 0, outcome.ending != .exited(0) {
                try await check(engine, repository, &acknowledged)
                print("kill: \(kills) kills in \(runs) runs, \(acknowledged.count) events")
            }
        }
        try await check(engine, repository, &acknowledged)
        let kinds = try acknowledged.map { try EngineProcess.decode($0, as: EngineProcess.Event.self).kind }
        print(
            "kill: \(kills) kills in \(runs) runs (\(atShardChange) as shards changed), \(acknowledged.count) events, "
                + "\(kinds.count { $0 == "ShardSealed" }) seals, \(engine.shards().count) shards: nothing lost, nothing damaged"
        )
    }

    /// How long a first sync takes that nobody kills.
    private func usualTime(_ engine: EngineProcess) async throws -> Duration {
        let trial = EngineProcess(settings: engine.settings, data: engine.data + "-trial", locator: engine.locator)
        try await trial.succeed(["init"])
        return try await ContinuousClock().measure { try await trial.succeed(["sync", trial.locator]) }
    }

    /// Syncs to the end and holds everything against what git and the log said.
    private func check(
        _ engine: EngineProcess, _ repository: GrowingRepository, _ acknowledged: inout [[UInt8]]
    ) async throws {
        struct Replay: Decodable { var equal: Bool }
        try await engine.succeed(["sync", engine.locator])
        try await engine.succeed(["verify"])
        let replay = try EngineProcess.decode(await engine.succeed(["replay", "--verify", "--json"]), as: Replay.self)
        try #require(replay.equal)
        let files = try await engine.succeed(["files", engine.locator])
        let listing = try repository.builder.listing()
        try #require(files == listing, "files differ from git ls-tree")

        let events = try await engine.events(from: 0)
        let lost = acknowledged.indices.first { !events.indices.contains($0) || events[$0] != acknowledged[$0] }
        try #require(lost == nil, "an acknowledged event is gone or changed")
        for (index, event) in events.enumerated() {
            let position = try EngineProcess.decode(event, as: EngineProcess.Event.self).position
            try #require(position == index)
        }
        acknowledged = events
    }
}

/// When a run is killed.
private struct Moment: Sendable {
    private static let pollInterval = Duration.milliseconds(1)

    /// Killed when the shard files change (one is made, sealed or named anew) instead of after a time.
    let isAtShardChange: Bool
    private let delay: Duration
    private let jitter: Duration

    init(usual: Duration, generator: inout SplitMix64) {
        isAtShardChange = generator.next() % 3 == 0
        delay = usual * Double.random(in: 0...1.2, using: &generator)
        jitter = .microseconds(Int.random(in: 0...5000, using: &generator))
    }

    func wait(_ engine: EngineProcess) async throws {
        guard isAtShardChange else { return try await Task.sleep(for: delay) }
        let before = engine.shards()
        while engine.shards() == before { try await Task.sleep(for: Self.pollInterval) }
        try await Task.sleep(for: jitter)
    }
}
