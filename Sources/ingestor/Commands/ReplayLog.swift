import ArgumentParser
import EventLog
import Events
import Queries
import Replay
import State

/// `replay`
struct ReplayLog: ReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Rebuilds the state from the log alone.",
        discussion: helpDiscussion(
            "With --verify the rebuilt state is compared with the live one. A state kept with --into can be read by other commands with --state.",
            examples: "ingestor replay --verify", "ingestor replay --until 2026-03-01T12:00:00Z --into /tmp/then"))

    @OptionGroup var global: GlobalOptions
    @Flag(name: .long, help: "Compare with the live state.") var verify = false
    @Option(name: .long, help: .init("Stop at this position or time.", valueName: "moment")) var until: String?
    @Option(name: .long, help: .init("Keep the state there; new or empty.", valueName: "dir")) var into: ByteArgument?

    var stateDirectory: String? { nil }

    func validate() throws {
        if verify, until != nil {
            throw ValidationError(
                "--verify compares with the live state, which is that of the whole log: leave --until out.")
        }
    }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let count = try until.map { try store.queries.end(of: try Moment(parsing: $0)).rawValue }
        guard let into else {
            return try await Stores.withTemporaryDirectory { directory in
                try rebuild(count, into: directory + "/state", context, store)
            }
        }
        let directory = try context.absoluteText(into)
        if try FileSystem.kind(directory) != .missing, try !FileSystem.names(in: directory).isEmpty {
            throw CommandError("\(directory) is not empty: choose a directory that is empty or not there yet")
        }
        return try rebuild(count, into: directory, context, store)
    }

    private func rebuild(
        _ count: UInt64?, into directory: String, _ context: Context, _ store: ReadStore
    ) throws -> ExitStatus {
        // The live state is read at the same number of events, even while somebody appends.
        let (liveCount, live, liveDigests) = try store.state.read { view in
            (try view.count, try view.stateDigest(), try view.digests())
        }
        let end = try count ?? (verify ? liveCount : store.log.count)
        let report = try Replay.rebuild(
            log: store.log, upTo: end, into: directory, options: try Stores(context: context).stateOptions(),
            now: { Context.now() },
            progress: { _ in context.output.progress("rebuilding the state from \(Units.count(end)) events") })
        context.output.clearProgress()
        let rate = report.itemsPerSecond
        let equal = verify ? report.stateDigest == live : nil
        if context.json {
            try context.output.json([
                ("events", .uint(report.events)), ("items", .uint(report.items)), ("seconds", .double(report.seconds)),
                ("itemsPerSecond", .double(rate)), ("digest", .hash(report.stateDigest)),
                ("liveDigest", verify ? .hash(live) : .null), ("equal", equal.map { .bool($0) } ?? .null),
            ])
        } else {
            let style = context.style
            try context.output.line(
                "\(Units.count(report.events, "event")), \(Units.count(report.items, "item")) in \(Units.seconds(report.seconds)): \(Units.count(Int(rate))) items a second"
            )
            try context.output.facts([("digest", report.stateDigest.hex)])
            if let equal {
                try context.output.facts([
                    ("live", "\(live.hex)  \(equal ? style.good("equal") : style.bad("DIFFERENT"))")
                ])
                if !equal { try showDifference(report.digests, liveDigests, context) }
            }
        }
        return equal == false ? .damage : .done
    }

    private func showDifference(_ rebuilt: [DigestEntry], _ live: [DigestEntry], _ context: Context) throws {
        for entry in rebuilt where !live.contains(entry) {
            try context.output.line("  differs: \(entry.projection), tenant \(entry.tenant.rawValue)")
        }
        for entry in live
        where !rebuilt.contains(where: { $0.projection == entry.projection && $0.tenant == entry.tenant }) {
            try context.output.line("  live only: \(entry.projection), tenant \(entry.tenant.rawValue)")
        }
        try context.output.line("The log is the truth: delete \(context.data.state) and run any command to rebuild it.")
    }
}
