import ArgumentParser
import Events
import Ingest
import Projections
import Queries

/// `dead-letters`
struct DeadLetters: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "Shows the jobs that gave up, tries them again or lets them rest.",
        discussion: helpDiscussion(examples: "ingestor dead-letters list", "ingestor dead-letters retry 42"),
        subcommands: [List.self, Show.self, Retry.self, Drop.self])

    fileprivate static func form(_ job: JobRow, _ queries: Queries) throws -> Forms.Fields {
        Forms.deadLetter(job, locator: try queries.repository(job.repository)?.locator)
    }
}

extension DeadLetters {
    struct List: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the jobs that gave up.",
            discussion: helpDiscussion(examples: "ingestor dead-letters list --json"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            let jobs = try store.queries.deadLetters()
            if context.json {
                for job in jobs { try context.output.json(try DeadLetters.form(job, store.queries)) }
                return .done
            }
            if jobs.isEmpty { context.output.note("No job has given up.") }
            let style = context.style
            let now = Context.now()
            var table = Table([
                ("JOB", .right), ("SOURCE", .left), ("ATTEMPTS", .right), ("FAILED", .left), ("WHY", .left),
            ])
            for job in jobs {
                let name = try store.queries.repository(job.repository)?.locator.bytes ?? []
                table.add([
                    .init("\(job.id.rawValue)"), .init(Printable.text(name), { style.bold($0) }),
                    .init("\(job.attempts)"),
                    .init(job.failure.map { Units.relative($0.at, to: now) } ?? "–"),
                    .init(
                        Printable.text(job.failure.map { "\($0.failure.code): \($0.failure.message)" } ?? "–"),
                        { style.bad($0) }),
                ])
            }
            if !table.isEmpty { try context.output.table(table) }
            return .done
        }
    }

    struct Show: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one of them, and what led there.",
            discussion: helpDiscussion(examples: "ingestor dead-letters show 42"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions
        @Argument(help: "The job's number, as the list shows it.") var job: UInt64

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            guard let row = try store.queries.job(LogPosition(job)), row.state == .deadLettered else {
                throw CommandError("\(job) is no dead letter: `ingestor dead-letters list` shows those that there are")
            }
            if context.json {
                try context.output.json(try DeadLetters.form(row, store.queries))
                return .done
            }
            var presenter = EventPresenter(context, store.queries)
            for envelope in try store.queries.explain(.position(row.id)).events { try presenter.show(envelope) }
            return .done
        }
    }

    struct Retry: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes it a job again and tries it at once.",
            discussion: helpDiscussion(examples: "ingestor dead-letters retry 42"))

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number, as the list shows it.") var job: UInt64

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let id = try await store.engine.requeue(try own(LogPosition(job), store))
            let presenter = SyncPresenter(context, count: 1)
            do {
                try presenter.show(
                    try await store.engine.sync(id, reason: .retry, progress: { presenter.progress($0) }))
                return .done
            } catch let error as OutputClosed {
                throw error
            } catch {
                presenter.show(error, of: try store.reader.queries.repository(id))
                return .failed
            }
        }
    }

    struct Drop: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets it rest for ever.", discussion: helpDiscussion(examples: "ingestor dead-letters drop 42"))

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number, as the list shows it.") var job: UInt64

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let repository = try await store.engine.drop(try own(LogPosition(job), store))
            if context.json {
                try context.output.json([
                    ("job", .count(job)), ("repository", .count(repository.rawValue)), ("dropped", .bool(true)),
                ])
            } else {
                try context.output.line("Job \(job) rests.")
            }
            return .done
        }
    }

    /// The job, if it is one of the tenant's.
    fileprivate static func own(_ job: LogPosition, _ store: WriteStore) throws -> LogPosition {
        guard try store.reader.queries.job(job) != nil else {
            throw CommandError(
                "\(job.rawValue) is no dead letter: `ingestor dead-letters list` shows those that there are")
        }
        return job
    }
}

private func own(_ job: LogPosition, _ store: WriteStore) throws -> LogPosition { try DeadLetters.own(job, store) }
