import Events
import Projections
import Queries

extension Dashboard {
    /// What a list of sources can be narrowed to.
    private enum State: String, CaseIterable {
        case complete, incomplete, suspended

        func contains(_ row: RepositoryRow) -> Bool {
            switch self {
            case .complete: row.suspension == nil && !Queries.isIncomplete(row)
            case .incomplete: row.suspension == nil && Queries.isIncomplete(row)
            case .suspended: row.suspension != nil
            }
        }
    }

    func repositories(_ visit: Visit) throws -> Page {
        let name = try visit.exchange.query.text("name") ?? ""
        let state = try visit.exchange.query.text("state").flatMap { State(rawValue: $0) }
        let all = try visit.queries.repositories()
        let wanted = all.filter { row in
            (name.isEmpty || row.locator.description.lowercased().contains(name.lowercased()))
                && state.map { $0.contains(row) } ?? true
        }
        let (rows, next) = try PageRequest(visit.exchange.query).page(of: wanted) { $0.id.rawValue }
        var columns: [HTML.Column] = [
            .main("Source"), "State", "Commit", "Last sync", "Complete as of", .number("Files"), .number("Size"),
        ]
        if visit.queries.seesEverything { columns.append("Tenant") }
        let lines: [[HTML]] = try rows.map { row in
            var cells = [
                Self.link(row), Self.state(row), Show.hash(row.lastCommit), Show.time(row.lastSyncedAt, visit.now),
                Show.time(row.completeAsOf, visit.now), "\(Show.count(row.files))", "\(Show.bytes(row.logicalBytes))",
            ]
            if visit.queries.seesEverything { cells.append("\(try visit.queries.tenantName(row.tenant) ?? "–")") }
            return cells
        }
        let options: [HTML] = State.allCases.map { one in
            let chosen: HTML = one == state ? " selected" : ""
            return "<option\(chosen)>\(one.rawValue)</option>"
        }
        let form: HTML = """
            <form class="filter" method="get" action="/repositories"><label class="grow">Name contains\
            <input type="search" name="name" value="\(name)"></label><label>State<select name="state"><option value="">all</option>\
            \(options)</select></label><button class="quiet">Filter</button></form>
            """
        let more: HTML =
            next.map {
                """
                <p class="next"><a href="/repositories?cursor=\($0)&amp;name=\(HTML.query(name))&amp;state=\(state?.rawValue ?? "")">More</a></p>
                """
            } ?? ""
        let empty: HTML =
            all.isEmpty
            ? "No source is watched yet. Add one: <code>ingestor repo add github:owner/name</code>"
            : "No source is like that."
        return Page(
            "Repositories",
            """
            <p class="sub">\(Show.count(wanted.count)) of \(Show.count(all.count)) sources</p>\(form)\
            \(HTML.table("Sources", columns, lines, empty: empty))\(more)
            """)
    }

    static func state(_ row: RepositoryRow) -> HTML {
        if let suspension = row.suspension {
            return .badge(suspension.reason == .overLimit ? "over limit" : suspension.reason.name, "warn")
        }
        if row.lastFailure != nil { return .badge("failing", "bad") }
        return Queries.isIncomplete(row) ? .badge("incomplete", "warn") : .badge("complete", "good")
    }
}
