import ArgumentParser
import EventLog
import Events
import Projections
import Queries

/// `log`
struct ShowLog: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Shows the events.",
        discussion: helpDiscussion(
            "With --limit the newest, unless --from or --since says where to begin.",
            examples: "ingestor log --limit 20",
            "ingestor log --kind SyncFailed --kind JobDeadLettered --since 2026-03-01",
            "ingestor log --follow --json"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @Option(name: .long, help: .init("Of this source alone.", valueName: "locator")) var repo: ByteArgument?
    @Option(name: .long, help: .init("Of this kind alone; repeatable.", valueName: "kind")) var kind: [KindArgument] =
        []
    @Option(
        name: .long, help: .init("Of the story that began with this event alone.", valueName: "position"))
    var correlation: UInt64?
    @Option(name: .long, help: .init("Not before this moment.", valueName: "moment")) var since: String?
    @Option(name: .long, help: .init("Not after this moment.", valueName: "moment")) var until: String?
    @Option(name: .long, help: .init("Not before this position.", valueName: "position")) var from: UInt64?
    @Option(name: .long, help: .init("At most so many.", valueName: "n")) var limit: Int?
    @Flag(name: .long, help: "Wait for further events, and show them as they come.") var follow = false

    /// The log is looked at so often for what other processes append.
    private static let followInterval = Duration.milliseconds(200)

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is a number from 0.") }
        if follow, until != nil { throw ValidationError("--follow has no end: leave --until out.") }
    }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let filter = try filter(context, store)
        var presenter = EventPresenter(context, store.queries)
        let next = try store.queries.forEachEvent(filter) { try presenter.show($0) }
        guard follow else { return .done }
        try context.output.flush()
        for try await batch in store.log.follow(from: next, every: Self.followInterval, clock: ContinuousClock()) {
            for envelope in try batch.envelopes() where store.queries.shows(envelope, filter) {
                try presenter.show(envelope)
            }
            try context.output.flush()
        }
        return .done
    }

    private func filter(_ context: Context, _ store: ReadStore) throws -> EventFilter {
        var filter = EventFilter()
        filter.kinds = Set(kind.map(\.kind))
        if let repo { filter.repository = try store.repository(repo, context).id }
        filter.correlation = correlation.map { LogPosition($0) }
        if let from { filter.from = LogPosition(from) }
        if let since { filter.from = max(filter.from, try store.queries.start(of: try Moment(parsing: since))) }
        if let until { filter.end = try store.queries.end(of: try Moment(parsing: until)) }
        filter.limit = limit
        filter.takesNewest = from == nil && since == nil
        return filter
    }
}

/// The name of an event kind.
struct KindArgument: ExpressibleByArgument, Sendable {
    let kind: EventKind

    init?(argument: String) {
        guard let kind = EventKind(name: argument) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { EventKind.allCases.map(\.name) }
}
