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
            "Digests that were recorded in the log are checked on the way, and the first that differs is named. With --verify the "
                + "rebuilt state is compared with the live one, rows and digests, and the first event from which on they part is "
                + "named; with --until as well it is folded on from there first. A state kept with --into can be read by other "
                + "commands with --state; one that was interrupted goes on where it was when the command is repeated.",
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
        if try FileSystem.kind(directory) != .missing, try !FileSystem.names(in: directory).isEmpty,
            try !StateBuilder.isUnfinished(directory)
        {
            throw CommandError("\(directory) is not empty: choose a directory that is empty or not there yet")
        }
        return try await rebuild(count, into: directory, context, store)
    }

    private func rebuild(
        _ count: UInt64?, into directory: String, _ context: Context, _ store: ReadStore
    ) async throws -> ExitStatus {
        // The live state is read at the same number of events, even while somebody appends.
        let live = verify ? try store.state.snapshot() : nil
        let liveCount = try live?.read { view in try view.count } ?? 0
        let end = try count ?? (verify ? liveCount : store.log.count)
        var options = try Stores(context: context).stateOptions()
        options.isResumable = into != nil
        let report = try Replay.rebuild(
            log: store.log, upTo: end, into: directory, options: options, now: { Context.now() },
            progress: { context.output.progress($0, "rebuilding the state") })
        context.output.clearProgress()
        var outcome = ReplayPresenter.Outcome(report: report)
        if let live {
            outcome.liveDigest = try live.read { view in try view.stateDigest() }
            if report.events < liveCount {
                outcome.comesToBeLive = try await comesToBeLive(report.events, context, store)
            } else {
                let rebuilt = try StateStore.open(
                    directory: directory, log: store.log, mode: .reader(allowsStale: true), options: options)
                outcome.findings = try live.read { view in
                    try Replay.findings(report, rebuilt: rebuilt, live: view, log: store.log) {
                        context.output.progress($0, "looking for the first difference")
                    }
                }
                if outcome.findings?.contains(where: { $0.cause == .fold }) == true {
                    outcome.foldPosition = try await foldPosition(report, context, store)
                }
                context.output.clearProgress()
            }
        }
        try ReplayPresenter(context: context).show(outcome)
        return outcome.isEqual ? .done : .damage
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
                context.output.progress($0, "folding on")
            }
            let (continued, digest) = try state.read { view in (try view.count, try view.stateDigest()) }
            let (live, liveDigest) = try store.state.read { view in (try view.count, try view.stateDigest()) }
            context.output.clearProgress()
            guard continued == live else {
                throw CommandError("the log grew while it was replayed: run the command again")
            }
            return digest == liveDigest
        }
    }

    /// Where folding event by event comes to something else than building does, if this program folds wrongly.
    private func foldPosition(
        _ report: ReplayReport, _ context: Context, _ store: ReadStore
    ) async throws -> LogPosition? {
        try await Stores.withTemporaryDirectory { temporary in
            try Replay.firstPosition(
                after: report.agreedCount, upTo: report.events, in: store.log, directory: temporary + "/bisection",
                options: Stores(context: context).stateOptions(),
                progress: { context.output.progress($0, "folding event by event") },
                fold: { state, end in try state.fold(to: end) })
        }
    }
}
