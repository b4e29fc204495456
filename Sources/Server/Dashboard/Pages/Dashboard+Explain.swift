import Events
import Projections
import Queries

extension Dashboard {
    func explain(_ visit: Visit) throws -> Page {
        let text = try visit.exchange.query.bytes("subject") ?? []
        let form: HTML = """
            <p class="sub">How something came to be as it is: the chain of events that led there.</p>\
            <form class="filter" method="get" action="/explain"><label class="grow">An id of 40 digits, a position, a delivery, \
            a source, or source:path<input type="search" name="subject" value="\(Show.text(text))" \
            placeholder="github:owner/name:README.md" required></label><button>Explain</button></form>
            """
        guard !text.isEmpty else { return Page("Explain", form) }
        let explanation: Explanation
        do {
            explanation = try ReadRoutes.explain(text, visit.queries, backend)
        } catch let error as QueryError {
            return Page("Explain", "\(form)<p class=\"empty\">\(error.message)</p>")
        } catch let problem as Problem {
            return Page("Explain", "\(form)<p class=\"empty\">\(problem.detail)</p>")
        }
        var forms = EventForms(visit.queries)
        let rows = try explanation.events.map { try cells($0, &forms, visit.now) }
        let cut: HTML = explanation.isCut ? "<p class=\"note\">There are more than are shown.</p>" : ""
        let table = HTML.table("The story", Self.eventColumns, rows, empty: "Nothing led there.")
        return Page(
            "Explain",
            """
            \(form)\(try content(explanation.hash, visit))<h2>The story<small>the oldest first</small></h2>\(table)\(cut)
            """)
    }

    /// What is known of the content that is asked about, if it is one.
    private func content(_ hash: SHA1Hash?, _ visit: Visit) throws -> HTML {
        guard let hash else { return "" }
        let report: BlobReport
        do { report = try visit.queries.blob(hash) } catch is QueryError { return "" }
        let facts = HTML.facts([
            ("Size", "\(report.row.stored.map { Show.bytes($0.size) } ?? "–")"),
            ("On disk", "\(report.storedSize.map { Show.bytes($0) } ?? "–")"),
            ("Type", "\(report.row.stored?.mimeType ?? "–")"), ("References", "\(Show.count(report.referenceCount))"),
            ("Since", Show.time(report.createdAt, visit.now)),
            ("State", report.isReadable ? .badge("readable", "good") : .badge("not readable", "bad")),
        ])
        return "<h2>Content <code>\(hash.hex)</code></h2>\(facts)"
    }
}
