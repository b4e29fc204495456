import Events
import Projections
import Queries

extension Dashboard {
    private static let eventCount = 100

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
            \(options)</select></label><label>Repository number<input name="repository" inputmode="numeric" value="\(number)"></label>\
            <button class="quiet">Filter</button></form>
            """
        return ("Events", "\(form)\(try recent(visit, filter, Self.eventCount, isPaged: true))")
    }

    /// The newest events that a filter lets through, the newest first; further ones appear where scripts run.
    func recent(_ visit: Visit, _ filter: EventFilter, _ count: Int, isPaged: Bool = false) throws -> HTML {
        var filter = filter
        filter.limit = count
        filter.takesNewest = true
        var forms = EventForms(visit.queries)
        var rows: [HTML] = []
        var oldest: LogPosition?
        try visit.queries.forEachEvent(filter) { envelope in
            oldest = oldest ?? envelope.position
            rows.append(try row(envelope, &forms, visit.now))
        }
        let live = "/live?from=\(try visit.queries.count)" + Self.parameters(filter)
        let kinds = (filter.kinds.isEmpty ? EventKind.allCases : Array(filter.kinds)).map(\.name).joined(separator: " ")
        let table = HTML.table(
            ["Event", "When", "Kind", "Source", "What"], rows.reversed(), empty: "Nothing has happened yet.")
        let isNewest = filter.end == nil
        let open: HTML = isNewest ? "<div data-live=\"\(live)\" data-kinds=\"\(kinds)\">" : "<div>"
        let note: HTML = isNewest ? "<p><span data-live-note class=\"dim\" role=\"status\"></span></p>" : ""
        let next: HTML =
            isPaged && rows.count == count
            ? "<p class=\"next\"><a href=\"/events?before=\(oldest?.rawValue ?? 0)\(Self.parameters(filter))\">Older</a></p>"
            : ""
        return "\(note)\(open)\(table)</div>\(next)"
    }

    private static func parameters(_ filter: EventFilter) -> String {
        filter.kinds.map { "&kind=\($0.name)" }.sorted().joined()
            + (filter.repository.map { "&repository=\($0.rawValue)" } ?? "")
    }

    private func row(_ envelope: Envelope, _ forms: inout EventForms, _ now: Timestamp) throws -> HTML {
        let position = envelope.position.rawValue
        let source: HTML =
            try forms.locator(of: envelope.header.repository).map {
                "<a href=\"/repositories/\(envelope.header.repository?.rawValue ?? 0)\">\($0)</a>"
            } ?? ""
        return .row([
            "<a href=\"/explain?subject=\(position)\">\(position)</a>", Show.time(envelope.header.time, now),
            Self.kind(envelope.event.kind), source, "\(backend.summary(envelope.event))",
        ])
    }

    private static func kind(_ kind: EventKind) -> HTML {
        switch kind {
        case .syncCompleted, .blobRepaired, .gapClosed: .badge(kind.name, "good")
        case .pollFailed, .fetchFailed, .syncFailed, .jobDeadLettered, .blobCorrupted: .badge(kind.name, "bad")
        case .retryScheduled, .gapDetected, .jobRequeued: .badge(kind.name, "warn")
        default: "\(kind.name)"
        }
    }

    func explain(_ visit: Visit) throws -> Page {
        let text = try visit.exchange.query.bytes("subject") ?? []
        let form: HTML = """
            <form class="filter" method="get" action="/explain"><label>An id of 40 digits, a position, a delivery, a source, or \
            source:path<input type="text" name="subject" value="\(Show.text(text))" required></label>\
            <button class="quiet">Explain</button></form>
            """
        guard !text.isEmpty else { return ("Explain", form) }
        let explanation: Explanation
        do {
            explanation = try ReadRoutes.explain(text, visit.queries, backend)
        } catch let error as QueryError {
            return ("Explain", "\(form)<p class=\"empty\">\(error.message)</p>")
        } catch let problem as Problem {
            return ("Explain", "\(form)<p class=\"empty\">\(problem.detail)</p>")
        }
        var forms = EventForms(visit.queries)
        let rows = try explanation.events.map { try row($0, &forms, visit.now) }
        let cut: HTML = explanation.isCut ? "<p class=\"dim\">There are more than are shown.</p>" : ""
        return (
            "Explain",
            """
            \(form)\(try content(explanation.hash, visit))\
            \(HTML.table(["Event", "When", "Kind", "Source", "What"], rows, empty: "Nothing led there."))\(cut)
            """
        )
    }

    /// What is known of the content that is asked about, if it is one.
    private func content(_ hash: SHA1Hash?, _ visit: Visit) throws -> HTML {
        guard let hash else { return "" }
        let report: BlobReport
        do { report = try visit.queries.blob(hash) } catch is QueryError { return "" }
        return HTML.facts([
            ("Size", "\(report.row.stored.map { Show.bytes($0.size) } ?? "–")"),
            ("Type", "\(report.row.stored?.mimeType ?? "–")"), ("References", "\(Show.count(report.referenceCount))"),
            ("On disk", "\(report.storedSize.map { Show.bytes($0) } ?? "–")"),
            ("Since", Show.time(report.createdAt, visit.now)),
            ("State", report.isReadable ? .badge("readable", "good") : .badge("not readable", "bad")),
        ])
    }
}
