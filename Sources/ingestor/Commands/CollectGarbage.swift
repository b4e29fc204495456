import ArgumentParser
import Events
import Ingest
import Projections

/// `gc`
struct CollectGarbage: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Drops what nothing references, compacts shards.",
        discussion: helpDiscussion(
            "In two phases. Versions that `repo set --keep-history` does not keep, and all of removed sources, are released; so is "
                + "every content that nothing names since. After a grace (INGESTOR_GC_GRACE seconds, a week, and "
                + "INGESTOR_GC_GRACE_EVENTS events, 100) it is deleted, once a count over all files agrees, and shards with too little "
                + "in them are written anew. Until then --undo takes releases back. Bodies of webhooks go after "
                + "INGESTOR_WEBHOOK_BODY_DAYS (90).\n\n`serve` does the same by itself every INGESTOR_GC_INTERVAL seconds (3600; 0: "
                + "never) while it is idle.",
            examples: "ingestor gc --dry-run", "ingestor gc", "ingestor gc --grace 0 --grace-events 0",
            "ingestor gc --undo",
            "ingestor gc --recompress"))

    @OptionGroup var global: GlobalOptions
    @Flag(name: .long, help: "Tell what would be done, and do nothing.") var dryRun = false
    @Flag(name: .long, help: "Take releases back, of all that is not deleted yet.") var undo = false
    @Flag(name: .long, help: "Also pack sealed shards harder.") var recompress = false
    @Option(
        name: .long,
        help: .init("Delete what was released so many seconds ago (INGESTOR_GC_GRACE).", valueName: "seconds"))
    var grace: Int?
    @Option(
        name: .long,
        help: .init("Delete what so many events came after (INGESTOR_GC_GRACE_EVENTS).", valueName: "events"))
    var graceEvents: Int?

    func validate() throws {
        if undo, recompress || grace != nil || graceEvents != nil {
            throw ValidationError("--undo goes with --dry-run alone.")
        }
        if let grace, !Settings.gcGraceRange.contains(grace) {
            throw ValidationError("--grace is a number of seconds, 0 or more.")
        }
        if let graceEvents, !Settings.gcGraceEventsRange.contains(graceEvents) {
            throw ValidationError("--grace-events is a number of events, 0 or more.")
        }
    }

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        var options = context.settings.collectOptions
        options.isDryRun = dryRun
        options.recompresses = recompress
        options.sealsOpenShards = recompress
        if let grace { options.release.graceSeconds = Double(grace) }
        if let graceEvents { options.release.graceEvents = UInt64(graceEvents) }
        let output = context.output
        let report =
            undo
            ? try await store.engine.undoReleases(options)
            : try await store.engine.collect(options) { progress in
                output.progress("\(progress.stage)  \(Units.count(progress.done))")
            }
        output.clearProgress()
        if context.json {
            try output.json(Self.json(report, isDryRun: dryRun))
        } else {
            try show(report, context)
        }
        return report.differences.isEmpty ? .done : .damage
    }

    static func json(_ report: CollectReport, isDryRun: Bool) -> [(String, JSONValue)] {
        let differences = report.differences.map { difference in
            JSONValue.object([
                ("sha", .hash(difference.hash)), ("domain", .count(difference.domain.rawValue)),
                ("counted", .uint(difference.counted)), ("found", .uint(difference.found)),
            ])
        }
        return [
            ("released", .uint(report.released)), ("deleted", .uint(report.deleted)),
            ("bytesFreed", .int(report.bytesFreed)), ("versionsReleased", .uint(report.versionsReleased)),
            ("releasedBytes", .uint(report.releasedBytes)), ("deletedBytes", .uint(report.deletedBytes)),
            ("versionsRestored", .uint(report.versionsRestored)), ("restored", .uint(report.restored)),
            ("bodiesReleased", .uint(report.bodiesReleased)), ("shardsReplaced", .uint(report.shardsReplaced)),
            ("shardsWritten", .uint(report.shardsWritten)), ("waiting", .uint(report.waiting)),
            ("waitingBytes", .uint(report.waitingBytes)), ("nextDeletionAt", .time(report.nextDeletionAt)),
            ("differences", .array(differences)), ("dryRun", .bool(isDryRun)), ("complete", .bool(!report.isCut)),
        ]
    }

    private func show(_ report: CollectReport, _ context: Context) throws {
        let style = context.style
        let output = context.output
        for difference in report.differences {
            try output.line(
                "\(style.bad("differs"))  \(difference.hash.hex) in domain \(difference.domain.rawValue): counted "
                    + "\(Units.count(difference.counted)), the files name it \(Units.count(difference.found, "time"))")
        }
        if !report.differences.isEmpty {
            try output.line(
                style.bad("Nothing was deleted: references and files do not agree.")
                    + " `ingestor replay --verify` tells whether the state is the log's.")
        }
        if undo {
            let verb = dryRun ? "would be taken back" : "taken back"
            try output.line(
                "\(verb): \(Units.count(report.versionsRestored, "version")), \(Units.count(report.restored, "content"))"
            )
            return
        }
        let would = dryRun ? "would be " : ""
        var facts = [
            (
                "\(would)released",
                "\(Units.count(report.released, "content")), \(Units.bytes(report.releasedBytes)), after "
                    + "\(Units.count(report.versionsReleased, "version"))"
            ),
            ("\(would)deleted", "\(Units.count(report.deleted, "content")), \(Units.bytes(report.deletedBytes))"),
        ]
        if report.bodiesReleased > 0 {
            facts.append(
                ("\(would)given up", Units.count(report.bodiesReleased, "body", plural: "bodies") + " of webhooks"))
        }
        if report.shardsReplaced > 0 {
            facts.append(
                (
                    "compacted",
                    "\(Units.count(report.shardsReplaced, "shard")) into \(Units.count(report.shardsWritten))"
                ))
        }
        facts.append(
            (
                "\(would)freed",
                report.bytesFreed < 0 ? "−\(Units.bytes(-report.bytesFreed))" : Units.bytes(report.bytesFreed)
            ))
        if report.waiting > 0 {
            let due = report.nextDeletionAt.map { ", the first until \(Units.moment($0, now: Context.now()))" } ?? ""
            facts.append(
                ("waiting", "\(Units.count(report.waiting, "content")), \(Units.bytes(report.waitingBytes))\(due)"))
        }
        try output.facts(facts)
        if report.isCut { output.note("It ended early; the next collection goes on.") }
    }
}

extension Settings {
    /// What a collection is told.
    var collectOptions: CollectOptions {
        var options = CollectOptions()
        options.release.graceSeconds = Double(gcGraceSeconds)
        options.release.graceEvents = UInt64(gcGraceEvents)
        options.webhookBodyDays = webhookBodyDays
        return options
    }
}
