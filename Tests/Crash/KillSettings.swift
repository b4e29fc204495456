import FoundationEssentials

/// How long and with what the kills go on; `tools/soak` sets it.
struct KillSettings: Sendable {
    static let current = KillSettings(ProcessInfo.processInfo.environment)

    /// Kills of a sync to be made; 0 leaves the test out.
    let kills: Int
    /// Kills of a server under load.
    let intakeKills: Int
    /// Kills of a garbage collection under syncs.
    let collectKills: Int
    let seed: UInt64
    /// The program; the one built beside the tests where none is named.
    let binary: String
    /// Size at which the store seals a shard, in bytes: a small one puts many seals under the kills. nil for the default.
    let shardBytes: Int?

    init(_ environment: [String: String]) {
        kills = environment["SOAK_KILLS"].flatMap(Int.init) ?? 0
        intakeKills = environment["SOAK_INTAKE_KILLS"].flatMap(Int.init) ?? 2
        collectKills = environment["SOAK_GC_KILLS"].flatMap(Int.init) ?? 3
        seed = environment["SOAK_SEED"].flatMap(UInt64.init) ?? 1
        let folder = ProcessInfo.processInfo.arguments.first.map { $0.split(separator: "/").dropLast() } ?? []
        binary = environment["SOAK_BINARY"] ?? "/" + folder.joined(separator: "/") + "/ingestor"
        shardBytes = environment["SOAK_SHARD_BYTES"].flatMap(Int.init)
    }
}
