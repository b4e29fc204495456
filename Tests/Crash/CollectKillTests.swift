import FoundationEssentials
import Testing

@testable import GitHubSimulator

/// Garbage is collected while sources are synced, and the process is killed at random moments.
@Suite(.serialized) struct CollectKillTests {
    /// Full checks on the way; the last one is at the end.
    private static let checkEvery = 10
    private static let gc = ["gc", "--grace", "0", "--grace-events", "0"]

    @Test(.enabled(if: KillSettings.current.collectKills > 0, "run tools/soak gc"), .timeLimit(.minutes(240)))
    func collectionsSurviveKills() async throws {
        let settings = KillSettings.current
        print("gc: \(settings.collectKills) kills, seed \(settings.seed), \(settings.binary)")
        try await withTemporaryFolder { folder in
            var sources = ChangingSources(folder: folder, seed: settings.seed)
            // Small shards, so that kills meet many seals and rewritings.
            let engine = EngineProcess(
                settings: settings, data: "\(folder)/data", locator: sources.kept.locator,
                variables: settings.shardBytes == nil ? ["INGESTOR_SHARD_BYTES=65536"] : [])
            try await engine.succeed(["init"])
            try sources.change()
            for source in sources.all { try await engine.succeed(["sync", source.locator]) }
            try await run(engine, &sources)
        }
    }

    private func run(_ engine: EngineProcess, _ sources: inout ChangingSources) async throws {
        var kills = 0
        var runs = 0
        while kills < engine.settings.collectKills {
            runs += 1
            try #require(runs <= 20 * engine.settings.collectKills + 20, "too few runs could be killed")
            try sources.change()
            // One goes and comes again: what it alone had is garbage, what both have is not.
            try await remove(sources.gone, engine)
            let moment = Duration.milliseconds(Int(sources.random() % 700))
            let (recompresses, locators) = (sources.random() % 3 == 0, sources.all.map(\.locator))
            let collect = Self.gc + (recompresses ? ["--recompress"] : [])
            let endings = try await withThrowingTaskGroup(of: Program.Outcome.self) { group in
                // Whoever comes first holds the log, and carries out the other's command too.
                group.addTask { try await engine.run(collect) { try await Task.sleep(for: moment) } }
                group.addTask {
                    try await engine.run(["sync", "--quiet"] + locators) { try await Task.sleep(for: moment) }
                }
                return try await group.reduce(into: []) { $0.append($1.ending) }
            }
            if endings.contains(where: { if case .killed = $0 { true } else { false } }) { kills += 1 }
            if kills % Self.checkEvery == 0 || runs % Self.checkEvery == 0 { try await check(engine, sources) }
        }
        try await check(engine, sources)
        print("gc: \(kills) kills in \(runs) runs: nothing lost, nothing damaged, nothing left behind")
    }

    /// A kill may have come between the removal and its answer.
    private func remove(_ source: ChangingSources.Source, _ engine: EngineProcess) async throws {
        let outcome = try await engine.run(["repo", "remove", source.locator])
        guard !outcome.isSuccess else { return }
        try #require(outcome.errorText.contains("not watched"), "\(outcome.errorText)")
    }

    /// Ends everything that was cut, and holds what is there against the sources.
    private func check(_ engine: EngineProcess, _ sources: ChangingSources) async throws {
        struct Replay: Decodable { var equal: Bool }
        struct Report: Decodable {
            var waiting: Int
            var complete: Bool
        }
        struct Stats: Decodable { var uniqueBytes: Int }
        struct Compacted: Decodable {
            struct Payload: Decodable { var replaced: [Int] }
            var payload: Payload
        }
        for source in sources.all { try await engine.succeed(["sync", source.locator]) }
        let report = try EngineProcess.decode(await engine.succeed(Self.gc + ["--json"]), as: Report.self)
        #expect(report.waiting == 0 && report.complete)
        try await engine.succeed(["verify"])
        let replay = try EngineProcess.decode(await engine.succeed(["replay", "--verify", "--json"]), as: Replay.self)
        try #require(replay.equal)
        // Every content that is named can be read, and is what the source has.
        for source in sources.all {
            let target = "\(engine.data)-export"
            try await engine.succeed(["export", source.locator, "--to", target])
            for (path, content) in source.files {
                let exported = try String(contentsOfFile: "\(target)/\(path)", encoding: .utf8)
                try #require(exported == content, "\(source.locator):\(path)")
            }
            try FileManager.default.removeItem(atPath: target)
        }
        // Nothing is left of the shards that others have taken the place of, nor of rewritings that were cut.
        var replaced: Set<String> = []
        for line in try await engine.succeed(["log", "--kind", "ShardCompacted", "--json"]).split(separator: 10) {
            for id in try EngineProcess.decode(Array(line), as: Compacted.self).payload.replaced {
                let digits = String(id, radix: 16)
                replaced.insert(String(repeating: "0", count: 16 - digits.count) + digits + ".shard")
            }
        }
        let files = engine.shards()
        try #require(files.isDisjoint(with: replaced), "\(files.intersection(replaced))")
        try #require(files.allSatisfy { $0.hasSuffix(".shard") || $0.hasSuffix(".open") }, "\(files)")
    }
}

/// Two directories that go on changing, by a seed, and share some contents.
private struct ChangingSources {
    struct Source {
        let folder: String
        var files: [String: String] = [:]
        var locator: String { "dir:\(folder)" }

        mutating func write(_ path: String, _ content: String) throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try content.write(toFile: "\(folder)/\(path)", atomically: true, encoding: .utf8)
            files[path] = content
        }
    }

    var kept: Source
    var gone: Source
    private var generator: SplitMix64

    init(folder: String, seed: UInt64) {
        kept = Source(folder: "\(folder)/kept")
        gone = Source(folder: "\(folder)/gone")
        generator = SplitMix64(state: seed &+ 77)
    }

    var all: [Source] { [kept, gone] }

    mutating func random() -> UInt64 { generator.next() }

    mutating func change() throws {
        for _ in 0..<12 {
            let text = String(decoding: (0..<4000).map { _ in UInt8(33 + generator.next() % 90) }, as: UTF8.self)
            let path = "file\(generator.next() % 40)"
            switch generator.next() % 4 {
            case 0: try kept.write(path, text)
            case 1:
                try kept.write(path, text)
                try gone.write(path, text)
            default: try gone.write(path, text)
            }
        }
    }
}
