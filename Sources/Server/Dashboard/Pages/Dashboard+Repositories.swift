import Events
import Projections
import Queries

extension Dashboard {
    private static let filesPerPage = 500
    private static let timelineCount = 20

    func repositories(_ visit: Visit) throws -> Page {
        let request = try PageRequest(visit.exchange.query)
        let (rows, next) = try request.page(of: try visit.queries.repositories()) { $0.id.rawValue }
        let lines: [HTML] = try rows.map { row in
            var cells = [
                Self.link(row), Self.state(row), Show.hash(row.lastCommit), Show.time(row.lastSyncedAt, visit.now),
                Show.time(row.completeAsOf, visit.now), "\(Show.count(row.files))", "\(Show.bytes(row.logicalBytes))",
            ]
            if visit.queries.seesEverything { cells.append("\(try visit.queries.tenantName(row.tenant) ?? "–")") }
            return .row(cells)
        }
        let heads = ["Source", "State", "Commit", "Last sync", "Complete as of", "Files", "Size"]
        let more: HTML = next.map { "<p class=\"next\"><a href=\"/repositories?cursor=\($0)\">More</a></p>" } ?? ""
        return (
            "Repositories",
            "\(HTML.table(visit.queries.seesEverything ? heads + ["Tenant"] : heads, lines, empty: "No source is watched."))\(more)"
        )
    }

    static func state(_ row: RepositoryRow) -> HTML {
        if let suspension = row.suspension { return .badge(suspension.reason.name, "dim") }
        if row.lastFailure != nil { return .badge("failing", "bad") }
        return Queries.isIncomplete(row) ? .badge("incomplete", "warn") : .badge("complete", "good")
    }

    func repository(_ visit: Visit) throws -> Page {
        let row = try RepositoryRoutes.repository(visit.exchange, visit.queries)
        let status = try visit.queries.status(of: [row], at: visit.now) { backend.pause($0, $1, visit.now) }[0]
        let gaps: [HTML] = status.gaps.map { gap in
            "<li>\(gap.reason) since \(Show.time(gap.since, visit.now)): \(Self.why(status, visit.now))</li>"
        }
        let missing: HTML = gaps.isEmpty ? "" : "<h2>What is missing</h2><ul>\(gaps)</ul>"
        let button: HTML = """
            <form method="post" action="/repositories/\(row.id.rawValue)/sync" class="filter">\(visit.proof)\
            <button>Sync now</button></form>
            """
        let facts = HTML.facts([
            ("State", Self.state(row)), ("Commit", Show.hash(row.lastCommit)),
            ("Complete as of", Show.time(row.completeAsOf, visit.now)),
            ("Branch", "\((row.branch ?? row.configuration.branch).map { Show.text($0) } ?? "–")"),
            ("Visible to", row.configuration.isPrivate ? "its tenant" : "anybody"),
            ("Files", "\(Show.count(row.files)), \(Show.bytes(row.logicalBytes))"),
            ("Open jobs", "\(status.jobs.count)"), ("Added", Show.time(row.addedAt, visit.now)),
        ])
        return (
            row.locator.description,
            "\(facts)\(button)\(missing)\(try timeline(row, visit))\(try files(row, visit))"
        )
    }

    /// Its completed syncs: each is a moment at which its files can be seen.
    private func timeline(_ row: RepositoryRow, _ visit: Visit) throws -> HTML {
        let syncs = try visit.queries.syncs(of: row, limit: Self.timelineCount)
        let rows: [HTML] = syncs.map { sync in
            let at = "/repositories/\(row.id.rawValue)?at=\(sync.position.rawValue)#files"
            return .row([
                "<a href=\"/explain?subject=\(sync.position.rawValue)\">\(sync.position.rawValue)</a>",
                Show.hash(sync.commit), "<a href=\"\(at)\">files then</a>",
            ])
        }
        return
            "<h2>Timeline</h2>\(HTML.table(["Event", "Commit", "Files"], rows, empty: "It was never synced to its end."))"
    }

    private func files(_ row: RepositoryRow, _ visit: Visit) throws -> HTML {
        let text = try visit.exchange.query.text("at") ?? ""
        let form: HTML = """
            <h2 id="files">Files</h2><form class="filter" method="get" action="/repositories/\(row.id.rawValue)">\
            <label>At a commit, a position or a time<input type="text" name="at" value="\(text)"></label>\
            <button class="quiet">Show</button></form>
            """
        let view: RepositoryView
        do {
            view = try visit.queries.view(of: row, at: text.isEmpty ? nil : try Moment(parsing: FileRoutes.time(text)))
        } catch let error as QueryError {
            return "\(form)<p class=\"empty\">\(error.message)</p>"
        }
        let start = try visit.exchange.query.text("start").flatMap { Base64URL.decode($0) }
        let page = try visit.queries.files(view, from: start, limit: Self.filesPerPage)
        let rows: [HTML] = page.entries.map { entry in
            let subject = HTML.query(row.locator.bytes + [UInt8(ascii: ":")] + entry.path)
            let path: HTML = "<a href=\"/explain?subject=\(subject)\">\(Show.text(entry.path))</a>"
            let reason: HTML = entry.skipReason.map { .badge($0.name, "warn") } ?? "\(entry.mimeType ?? "–")"
            return .row([path, Show.hash(entry.hash), "\(entry.size.map { Show.bytes($0) } ?? "–")", reason])
        }
        let next: HTML =
            page.next.map {
                """
                <p class="next"><a href="/repositories/\(row.id.rawValue)?at=\(view.position.rawValue)&amp;start=\
                \(Base64URL.encode($0))#files">More files</a></p>
                """
            } ?? ""
        return "\(form)\(HTML.table(["Path", "Content", "Size", "Type"], rows, empty: "It has no files."))\(next)"
    }
}
