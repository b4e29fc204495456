import Events
import Projections
import Queries

extension Dashboard {
    private static let eventCount = 100
    static let eventColumns: [HTML.Column] = ["Event", "When", "Kind", .source("Source"), .what("What")]

    func events(_ visit: Visit) throws -> Page {
        var filter = EventFilter()
        let kind = try visit.exchange.query.text("kind") ?? ""
        let number = try visit.exchange.query.text("repository") ?? ""
        if !kind.isEmpty {
            guard let wanted = EventKind(name: kind) else { throw Problem.malformed("there is no such kind of event") }
            filter.kinds = [wanted]
        }
        if !number.isEmpty {
            guard let id = UInt64(number), let row = try visit.queries.repository(RepositoryID(id)) else {
                throw RepositoryRoutes.unknown
            }
            filter.repository = row.id
        }
        if let before = try visit.exchange.query.number("before") { filter.end = LogPosition(before) }
        let options: [HTML] = EventKind.allCases.map { one in
            let chosen: HTML = one.name == kind ? " selected" : ""
            return "<option\(chosen)>\(one.name)</option>"
        }
        let form: HTML = """
            <form class="filter" method="get" action="/events"><label>Kind<select name="kind"><option value="">all</option>\
            \(options)</select></label><label>Source\(try Self.sources(visit, chosen: filter.repository))</label>\
            <button class="quiet">Filter</button></form>
            """
        return Page("Events", "\(form)\(try recent(visit, filter, Self.eventCount, isPaged: true))")
    }

    /// Sources that are offered by name; where there are more, one is named by its number.
    private static let maximumChoiceCount = 200

    private static func sources(_ visit: Visit, chosen: RepositoryID?) throws -> HTML {
        let rows = try visit.queries.repositories()
        guard rows.count <= maximumChoiceCount else {
            return """
                <input name="repository" inputmode="numeric" placeholder="its number" value="\(chosen.map { "\($0.rawValue)" } ?? "")">
                """
        }
        let options: [HTML] = rows.map { row in
            let mark: HTML = row.id == chosen ? " selected" : ""
            return "<option value=\"\(row.id.rawValue)\"\(mark)>\(row.locator.description)</option>"
        }
        return "<select name=\"repository\"><option value=\"\">all</option>\(options)</select>"
    }

    /// The newest events that a filter lets through, the newest first; further ones appear where scripts run.
    func recent(
        _ visit: Visit, _ filter: EventFilter, _ count: Int, title: String? = nil, isPaged: Bool = false
    ) throws -> HTML {
        var filter = filter
        filter.limit = count
        filter.takesNewest = true
        var forms = EventForms(visit.queries)
        var rows: [[HTML]] = []
        var oldest: LogPosition?
        try visit.queries.forEachEvent(filter) { envelope in
            oldest = oldest ?? envelope.position
            rows.append(try cells(envelope, &forms, visit.now))
        }
        let table = HTML.table(
            title ?? "Events", Self.eventColumns, rows.reversed(),
            empty: filter.kinds.isEmpty ? "Nothing has happened yet." : "Nothing of that kind has happened.")
        let isNewest = filter.end == nil
        let live = "/live?from=\(try visit.queries.count)" + Self.parameters(filter)
        let open: HTML = isNewest ? "<div data-live=\"\(live)\" data-count=\"\(max(count, 100))\">" : "<div>"
        let note: HTML = isNewest ? "<span data-live-note class=\"live\" role=\"status\"></span>" : ""
        let heading: HTML = title.map { "<div class=\"heading\"><h2>\($0)</h2>\(note)</div>" } ?? "<p>\(note)</p>"
        let next: HTML =
            isPaged && rows.count == count
            ? "<p class=\"next\"><a href=\"/events?before=\(oldest?.rawValue ?? 0)\(Self.parameters(filter))\">Older</a></p>"
            : ""
        return "\(heading)\(open)\(table)</div>\(next)"
    }

    private static func parameters(_ filter: EventFilter) -> String {
        filter.kinds.map { "&kind=\($0.name)" }.sorted().joined()
            + (filter.repository.map { "&repository=\($0.rawValue)" } ?? "")
    }

    func cells(_ envelope: Envelope, _ forms: inout EventForms, _ now: Timestamp) throws -> [HTML] {
        let position = envelope.position.rawValue
        let source: HTML =
            try forms.locator(of: envelope.header.repository).map {
                "<a href=\"/repositories/\(envelope.header.repository?.rawValue ?? 0)\">\($0)</a>"
            } ?? ""
        return [
            "<a href=\"/explain?subject=\(position)\">\(position)</a>", Show.time(envelope.header.time, now),
            Self.kind(envelope.event.kind), source, "\(backend.summary(envelope.event))",
        ]
    }

    private static func kind(_ kind: EventKind) -> HTML {
        switch kind {
        case .syncCompleted, .blobRepaired, .gapClosed, .repositoryResumed: .badge(kind.name, "good")
        case .pollFailed, .fetchFailed, .syncFailed, .jobDeadLettered, .blobCorrupted: .badge(kind.name, "bad")
        case .retryScheduled, .gapDetected, .jobRequeued, .repositorySuspended: .badge(kind.name, "warn")
        default: .badge(kind.name)
        }
    }
}
