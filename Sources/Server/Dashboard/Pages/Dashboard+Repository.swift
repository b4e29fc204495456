import Events
import Projections
import Queries

extension Dashboard {
    private static let filesPerPage = 200
    private static let timelineCount = 20
    private static let recentEventCount = 20

    func repository(_ visit: Visit) throws -> Page {
        let row = try RepositoryRoutes.repository(visit.exchange, visit.queries)
        let status = try visit.queries.status(of: [row], at: visit.now) { backend.pause($0, $1, visit.now) }[0]
        let gaps: [HTML] = status.gaps.map { gap in
            """
            <li><strong>\(Self.missing(gap))</strong> since \(Show.time(gap.since, visit.now))\
             <span class="dim">\(Self.why(status, visit.now))</span></li>
            """
        }
        let missing: HTML =
            gaps.isEmpty ? "" : "<h2>What is missing</h2><div class=\"card\"><ul class=\"plain\">\(gaps)</ul></div>"
        let button: HTML = """
            <form method="post" action="/repositories/\(row.id.rawValue)/sync">\(visit.proof)<button>Sync now</button></form>
            """
        let facts = HTML.facts([
            ("State", Self.state(row)), ("Complete as of", Show.time(row.completeAsOf, visit.now)),
            ("Commit", Show.hash(row.lastCommit)),
            ("Branch", "\((row.branch ?? row.configuration.branch).map { Show.text($0) } ?? "–")"),
            ("Files", "\(Show.count(row.files)), \(Show.bytes(row.logicalBytes))"),
            ("Visible to", row.configuration.isPrivate ? "its tenant" : "anybody"),
            ("Open jobs", "\(status.jobs.count)"), ("Watched since", Show.time(row.addedAt, visit.now)),
        ])
        var filter = EventFilter()
        filter.repository = row.id
        return Page(
            row.locator.description,
            """
            \(facts)\(missing)\(try timeline(row, visit))\(try files(row, visit))\
            \(try recent(visit, filter, Self.recentEventCount, title: "What happened to it"))
            """, action: button)
    }

    /// Its syncs that brought something: each is a moment at which its files can be seen.
    private func timeline(_ row: RepositoryRow, _ visit: Visit) throws -> HTML {
        let changes = try visit.queries.syncs(of: row).filter { !$0.upToDate }
        let rows: [[HTML]] = changes.prefix(Self.timelineCount).map { sync in
            let at = "/repositories/\(row.id.rawValue)?at=\(sync.position.rawValue)#files"
            return [
                Show.time(sync.at, visit.now), Show.hash(sync.commit),
                "\(Show.count(sync.files))", "\(Show.bytes(sync.logicalBytes))", "<a href=\"\(at)\">its files</a>",
                "<a href=\"/explain?subject=\(sync.position.rawValue)\">why</a>",
            ]
        }
        let columns: [HTML.Column] = [
            "When", "Commit", .number("Files"), .number("Size"), "At that time", "Story",
        ]
        let table = HTML.table("Changes", columns, rows, empty: "It was never synced to its end.")
        return "<h2>Timeline<small>syncs that brought a change, the newest first</small></h2>\(table)"
    }

    private func files(_ row: RepositoryRow, _ visit: Visit) throws -> HTML {
        let text = try visit.exchange.query.text("at") ?? ""
        let form: HTML = """
            <h2 id="files">Files<small>now, or as they were known at any moment</small></h2>\
            <form class="filter" method="get" action="/repositories/\(row.id.rawValue)#files">\
            <label class="grow">At a commit, a position in the log, or a time<input type="text" name="at" value="\(text)" \
            placeholder="2026-03-01T12:00:00Z"></label><button class="quiet">Show</button></form>
            """
        let view: RepositoryView
        do {
            view = try visit.queries.view(of: row, at: text.isEmpty ? nil : try Moment(parsing: FileRoutes.time(text)))
        } catch let error as QueryError {
            return "\(form)<p class=\"empty\">\(error.message)</p>"
        }
        let start = try visit.exchange.query.text("start").flatMap { Base64URL.decode($0) }
        let page = try visit.queries.files(view, from: start, limit: Self.filesPerPage)
        let rows: [[HTML]] = page.entries.map { entry in
            let subject = HTML.query(row.locator.bytes + [UInt8(ascii: ":")] + entry.path)
            let path: HTML = "<a href=\"/explain?subject=\(subject)\">\(Show.text(entry.path))</a>"
            let reason: HTML = entry.skipReason.map { .badge($0.name, "warn") } ?? "\(entry.mimeType ?? "–")"
            return [path, Show.hash(entry.hash), "\(entry.size.map { Show.bytes($0) } ?? "–")", reason]
        }
        let next: HTML =
            page.next.map {
                """
                <p class="next"><a href="/repositories/\(row.id.rawValue)?at=\(view.position.rawValue)&amp;start=\
                \(Base64URL.encode($0))#files">More files</a></p>
                """
            } ?? ""
        let columns: [HTML.Column] = [.main("Path"), "Content", .number("Size"), "Type"]
        return "\(form)\(HTML.table("Files", columns, rows, empty: "It has no files."))\(next)"
    }
}
