import ArgumentParser
import Events
import Queries

/// `stats`
struct Stats: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Shows what the store holds.",
        discussion: helpDiscussion(
            "logicalBytes is the sum over all file versions, uniqueBytes that over all distinct contents, storedBytes what these "
                + "take on disk.", examples: "ingestor stats --json"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let statistics = try store.queries.statistics()
        if context.json {
            try context.output.json(Forms.statistics(statistics))
        } else {
            try context.output.facts(Self.facts(statistics))
        }
        return .done
    }

    static func facts(_ statistics: StoreStatistics) -> [(String, String)] {
        let released =
            "\(Units.count(statistics.releasedBlobs)), \(Units.bytes(statistics.releasedBytes)), waiting to be deleted"
        return [
            ("sources", Units.count(statistics.repositories)),
            ("events", Units.count(statistics.events)),
            ("file versions", "\(Units.count(statistics.itemVersions)), \(Units.bytes(statistics.logicalBytes))"),
            ("distinct contents", "\(Units.count(statistics.blobs)), \(Units.bytes(statistics.uniqueBytes))"),
        ] + (statistics.releasedBlobs == 0 ? [] : [("released", released)]) + [
            ("on disk", "\(Units.bytes(statistics.storedBytes)) in \(Units.count(statistics.shards, "shard"))"),
            ("deduplication", statistics.dedupRatio.map { Units.ratio($0) } ?? "–"),
            ("compression", Units.ratio(statistics.compressionRatio)),
        ]
    }
}
