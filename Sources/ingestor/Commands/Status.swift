import ArgumentParser
import Events
import Projections
import Queries

/// `status`
struct Status: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows how complete everything is, and what is still to do.",
        discussion: helpDiscussion(
            "Each source: complete up to which commit as of when, or what exactly is missing.",
            examples: "ingestor status", "ingestor status --at 2026-03-01T12:00:00Z"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @OptionGroup var moment: MomentOptions
    @Argument(help: "github:OWNER/NAME, git:URL or dir:PATH; default: all") var locator: ByteArgument?

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        guard let moment = try moment.moment() else { return try show(context, store, at: Context.now()) }
        return try await store.withPast(moment, of: locator, context) { past, time in
            try show(context, past, at: time)
        }
    }

    private func show(_ context: Context, _ store: ReadStore, at now: Timestamp) throws -> ExitStatus {
        let rows = try store.queries.status(
            of: try locator.map { try store.repository($0, context) }, at: now,
            pause: { store.providers.pause(of: $0, for: $1, at: now) })
        let limits = locator == nil ? try store.queries.rateLimits() : []
        if context.json {
            for row in rows { try context.output.json(Forms.status(row)) }
            return .done
        }
        if rows.isEmpty { context.output.note("No source is watched for tenant \(context.options.tenant).") }
        let style = context.style
        for row in rows {
            let mark = row.isComplete ? style.good("complete") : style.warning("incomplete")
            try context.output.line("\(style.bold(Printable.text(row.repository.locator.bytes)))  \(mark)")
            var facts: [(String, String)] = []
            if let commit = row.repository.lastCommit {
                let moment = row.repository.completeAsOf.map { " as of \(Units.moment($0, now: now))" } ?? ""
                facts.append(("  up to", "\(commit.hex)\(moment)"))
            }
            if let suspension = row.repository.suspension {
                facts.append(("  \(suspension.reason.name)", Self.text(suspension, now)))
            }
            for gap in row.gaps { facts.append(("  missing", Self.text(gap, now))) }
            for waiting in row.waiting { facts.append(("  job \(waiting.job.id.rawValue)", Self.text(waiting, now))) }
            for job in row.deadLetters { facts.append(("  gave up", "job \(job.id.rawValue): \(Self.text(job, now))")) }
            if let circuit = row.circuit { facts.append(("  host", Self.text(circuit, now))) }
            if let pause = row.pause {
                facts.append(
                    ("  polls", "wait for the limit of \(pause.limit), go on \(Units.moment(pause.until, now: now))"))
            }
            if let failure = row.repository.lastFailure {
                facts.append(("  last failure", Printable.text("\(failure.failure.code): \(failure.failure.message)")))
            }
            if let limit = row.repository.rateLimit {
                facts.append(
                    ("  rate limit", "\(limit.remaining) of \(limit.limit) left until \(Units.time(limit.resetAt))"))
            }
            try context.output.facts(facts)
        }
        try show(limits, context, now)
        let missed = try store.queries.missedDeliveries()
        if locator == nil, !missed.isEmpty {
            try context.output.line(
                style.warning(
                    "\(Units.count(missed.count, "webhook")) that were sent have not arrived yet; they were asked for again."
                ))
        }
        let statistics = try store.queries.statistics()
        if locator == nil, statistics.releasedBlobs > 0 {
            try context.output.line(
                "\(Units.count(statistics.releasedBlobs, "content")) (\(Units.bytes(statistics.releasedBytes))) that nothing names "
                    + "any more wait to be deleted: `ingestor gc --undo` keeps them.")
        }
        return .done
    }

    /// What sources said of the limits of the tenant's credentials.
    private func show(_ limits: [QuotaStatus], _ context: Context, _ now: Timestamp) throws {
        let limits = limits.filter { $0.limit != nil || $0.retryAt.map { $0 > now } ?? false }
        guard !limits.isEmpty else { return }
        try context.output.line(context.style.bold("Rate limits"))
        try context.output.facts(
            limits.map { status in
                let left = status.limit.map { "\($0.remaining) of \($0.limit) left until \(Units.time($0.resetAt))" }
                let wait = status.retryAt.flatMap { time in
                    time > now ? "work waits, and goes on \(Units.moment(time, now: now))" : nil
                }
                return ("  \(status.quota)", [left, wait].compactMap { $0 }.joined(separator: "; "))
            })
    }

    private static func text(_ gap: Gap, _ now: Timestamp) -> String {
        gap.position.map { "\(gap.reason) (event \($0.rawValue)): " + range(gap, now) } ?? range(gap, now)
    }

    private static func range(_ gap: Gap, _ now: Timestamp) -> String {
        switch (gap.from, gap.to) {
        case (nil, nil): "everything: never synced, added \(Units.relative(gap.since, to: now))"
        case (nil, let to?): "everything up to \(to.hex), seen \(Units.relative(gap.since, to: now))"
        case (let from?, let to?): "\(from.hex)..\(to.hex), seen \(Units.relative(gap.since, to: now))"
        case (_, nil): "whatever came after \(Units.moment(gap.since, now: now)): the source cannot be read"
        }
    }

    /// When it may go on, and why not before.
    private static func text(_ waiting: WaitingJob, _ now: Timestamp) -> String {
        let at = waiting.at.map { " at \(Units.moment($0, now: now))" } ?? ""
        let attempts = Units.count(waiting.job.attempts, "attempt")
        return switch waiting.cause {
        case .due: "due, \(attempts)"
        case .running: "under way, attempt \(waiting.job.attempts)"
        case .retry: "again\(at), after \(attempts)"
        case .rateLimited: "waits for the source's rate limit, goes on\(at)"
        case .paused(let pause): "waits for the limit of \(pause.limit), goes on\(at)"
        case .circuit(let circuit): "waits since \(circuit.host) keeps failing, goes on\(at)"
        }
    }

    private static func text(_ circuit: OpenCircuit, _ now: Timestamp) -> String {
        let end = circuit.until.map { "until \(Units.moment($0, now: now))" } ?? "until the attempt under way has ended"
        return "\(circuit.host) keeps failing: nothing is sent there \(end)"
    }

    private static func text(_ suspension: Suspension, _ now: Timestamp) -> String {
        Printable.text("since \(Units.moment(suspension.since, now: now)): \(suspension.note)")
    }

    private static func text(_ job: JobRow, _ now: Timestamp) -> String {
        let due = job.nextAttemptAt.map { ", next \(Units.relative($0, to: now))" } ?? ""
        return "\(job.state), \(Units.count(job.attempts, "attempt"))\(due)"
    }
}
