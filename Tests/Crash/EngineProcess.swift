import FoundationEssentials
import GitHubSimulator

/// The program under test with its data directory, driven through its command line alone.
struct EngineProcess: Sendable {
    struct Event: Decodable, Sendable {
        var position: Int
        var kind: String
    }

    let settings: KillSettings
    let data: String
    let locator: String
    /// Further variables: `NAME=value`.
    var variables: [String] = []

    var silo: String { data + "/silo" }

    func run(_ arguments: [String], killWhen: (@Sendable () async throws -> Void)? = nil) async throws
        -> Program.Outcome
    {
        var environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "HOME=\(data)", "INGESTOR_DATA=\(data)"]
        environment += variables
        if let bytes = settings.shardBytes { environment.append("INGESTOR_SHARD_BYTES=\(bytes)") }
        return try await Program.run(settings.binary, arguments, environment: environment, killWhen: killWhen)
    }

    /// Runs a command that has to succeed.
    @discardableResult
    func succeed(_ arguments: [String]) async throws -> [UInt8] {
        let outcome = try await run(arguments)
        guard outcome.isSuccess else {
            throw SimulatorError(
                code: .server,
                message: "ingestor \(arguments.joined(separator: " ")): \(outcome.ending)\n"
                    + "\(outcome.errorText)\n\(String(decoding: outcome.output.prefix(2000), as: UTF8.self))")
        }
        return outcome.output
    }

    /// The log's events from a position on, one JSON text each.
    func events(from position: Int) async throws -> [[UInt8]] {
        let output = try await succeed(["log", "--json", "--from", String(position)])
        return output.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    static func decode<T: Decodable>(_ line: [UInt8], as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(type, from: Data(line))
    }

    /// Names of the shard files there are now.
    func shards() -> Set<String> {
        // The folder comes with the first sync; before, there are none.
        Set((try? FileManager.default.contentsOfDirectory(atPath: silo)) ?? [])
    }
}
