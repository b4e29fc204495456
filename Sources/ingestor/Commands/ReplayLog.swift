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
            "With --verify the rebuilt state is compared with the live one; with --until as well it is folded on from there first. A "
                + "state kept with --into can be read by other commands with --state.",
            examples: "ingestor replay --verify", "ingestor replay --until 2026-03-01T12:00:00Z --into /tmp/then"))

    @OptionGroup var global: GlobalOptions
    @Flag(name: .long, help: "Compare with the live state.") var verify = false
    @Option(name: .long, help: .init("Stop at this position or time.", valueName: "moment")) var until: String?
    @Option(name: .long, help: .init("Keep the state there; new or empty.", valueName: "dir")) var into: ByteArgument?

    var stateDirectory: String? { nil }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let count = try until.map { try store.queries.end(of: try Moment(parsing: $0)).rawValue }
        guard let into else {
            return try await Stores.withTemporaryDirectory { directory in
                try await rebuild(count, into: directory + "/state", context, store)
            }
        }
        let directory = try context.absoluteText(into)
        if try FileSystem.kind(directory) != .missing, try !FileSystem.names(in: directory).isEmpty {
            throw CommandError("\(directory) is not empty: choose a directory that is empty or not there yet")
        }
        return try await rebuild(count, into: directory, context, store)
    }

    /// Whether a state that was rebuilt up to `count` events and folded on from there, one event after the other as a live state
    /// is, comes to be the live one.
    private func comesToBeLive(_ count: UInt64, _ context: Context, _ store: ReadStore) async throws -> Bool {
        try await Stores.withTemporaryDirectory { temporary in
            var options = try Stores(context: context).stateOptions()
            options.rebuildThresholdEvents = .max
            let directory = temporary + "/state"
            _ = try Replay.rebuild(
                log: store.log, upTo: count, into: directory, options: options, now: { Context.now() })
            let state = try StateStore.open(directory: directory, log: store.log, mode: .writer, options: options) {
                context.output.progress($0.done, of: $0.total, "folding on")
            }
            let (continued, digest) = try state.read { view in (try view.count, try view.stateDigest()) }
            let (live, liveDigest) = try store.state.read { view in (try view.count, try view.stateDigest()) }
            guard continued == live else {
                throw CommandError("the log grew while it was replayed: run the command again")
            }
            return digest == liveDigest
        }
    }

    private func rebuild(
        _ count: UInt64?, into directory: String, _ context: Context, _ store: ReadStore
    ) async throws -> ExitStatus {
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
        var equal: Bool?
        if verify {
            equal =
                report.events < liveCount
                ? try await comesToBeLive(report.events, context, store) : report.stateDigest == live
        }
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
                    (
                        "live",
                        "\(live.hex)  \(verdict(equal, isContinued: report.events < liveCount, style))"
                    )
                ])
                if !equal, report.events == liveCount { try showDifference(report.digests, liveDigests, context) }
            }
        }
        return equal == false ? .damage : .done
    }

    private func verdict(_ equal: Bool, isContinued: Bool, _ style: Style) -> String {
        switch (equal, isContinued) {
        case (true, false): style.good("equal")
        case (true, true): style.good("what it comes to be, folded on from there")
        case (false, _): style.bad("DIFFERENT")
        }
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
