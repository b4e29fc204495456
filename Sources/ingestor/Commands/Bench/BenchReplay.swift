import ArgumentParser
import EventLog
import Events
import Replay
import State

/// `bench replay`
struct BenchReplay: ReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Rebuilds the state from your log aside, and measures it.",
        discussion: helpDiscussion(
            "In bulk, as `replay` does, and live, as events are folded one after another while a source is synced. The limit is "
                + "how fast one core reads and decodes the log.",
            examples: "ingestor bench replay --data /srv/ingestor"))

    @OptionGroup var global: GlobalOptions

    var stateDirectory: String? { nil }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let (items, scanSeconds) = try scan(store.log)
        let report = try await Stores.withTemporaryDirectory { directory in
            try Replay.rebuild(
                log: store.log, upTo: nil, into: directory + "/state",
                options: try Stores(context: context).stateOptions(),
                now: { Context.now() }, progress: { context.output.progress($0, "rebuilding") })
        }
        context.output.progress("folding")
        let liveSeconds = try await Stores.withTemporaryDirectory { directory in
            try fold(store.log, into: directory + "/state", try Stores(context: context).stateOptions())
        }
        context.output.clearProgress()
        let live = liveSeconds > 0 ? Double(items) / liveSeconds : 0
        let rate = report.seconds > 0 ? Double(report.items) / report.seconds : 0
        let limit = scanSeconds > 0 ? Double(items) / scanSeconds : 0
        let ratio = limit > 0 ? rate / limit : 0
        if context.json {
            try context.output.json([
                ("events", .uint(report.events)), ("items", .uint(report.items)), ("seconds", .double(report.seconds)),
                ("itemsPerSecond", .double(rate)), ("liveItemsPerSecond", .double(live)),
                ("limitItemsPerSecond", .double(limit)),
                ("limitRatio", .double(ratio)),
            ])
        } else {
            try context.output.facts([
                (
                    "rebuilt",
                    "\(Units.count(report.events, "event")), \(Units.count(report.items, "item")) in \(Units.seconds(report.seconds))"
                ),
                ("in bulk", "\(Units.count(Int(rate))) items a second"),
                ("live", "\(Units.count(Int(live))) items a second"),
                (
                    "limit",
                    "\(Units.count(Int(limit))) items a second, reading and decoding on one core: \(Units.fixed(ratio, 2)) of it"
                ),
            ])
        }
        return .done
    }

    /// Folds the whole log event by event; gives the seconds that it took.
    private func fold(_ log: EventLog, into directory: String, _ options: StateOptions) throws -> Double {
        var options = options
        // However much there is to fold, it is not built in bulk.
        options.rebuildThresholdEvents = .max
        let began = ContinuousClock.now
        let state = try StateStore.open(directory: directory, log: log, mode: .writer, options: options)
        let seconds = (ContinuousClock.now - began).seconds
        try state.close()
        return seconds
    }

    private func scan(_ log: EventLog) throws -> (items: UInt64, seconds: Double) {
        var items: UInt64 = 0
        let began = ContinuousClock.now
        try log.read { snapshot in
            try snapshot.forEach { position, record in
                items += UInt64(try Envelope(record: record, at: position, keys: log.keys).event.itemCount)
            }
        }
        return (items, (ContinuousClock.now - began).seconds)
    }
}
