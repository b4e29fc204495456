import Events
import Projections
import Queries

extension Dashboard {
    /// Sources that are shown as late.
    private static let maximumLateCount = 12
    private static let recentCount = 15

    func overview(_ visit: Visit) throws -> Page {
        let health = try visit.queries.health(at: visit.now)
        let statistics = try visit.queries.statistics()
        let isWell = health.incomplete == 0 && health.deadLetters == 0 && health.circuits.isEmpty
        let lead: HTML =
            health.repositories == 0
            ? "<p class=\"lead\">No source is watched yet: <code>ingestor repo add</code>, or POST /v1/repositories.</p>"
            : isWell
                ? "<p class=\"lead good\">All \(Show.count(health.repositories)) sources are complete.</p>"
                : "<p class=\"lead warn\">\(Self.trouble(health))</p>"
        let facts = HTML.facts([
            ("Sources", "\(Show.count(health.repositories))"),
            ("Complete", "\(Show.count(health.repositories - health.incomplete))"),
            ("Furthest behind", Show.time(health.oldest?.completeAsOf, visit.now)),
            ("Jobs open", "\(Show.count(health.jobs.values.reduce(0, +) - health.deadLetters))"),
            ("Longest due", Show.time(health.oldestDue, visit.now)),
            ("Dead letters", "<a href=\"/dead-letters\">\(Show.count(health.deadLetters))</a>"),
            ("Contents", "\(Show.count(statistics.blobs)), \(Show.bytes(statistics.uniqueBytes))"),
            ("Events", "\(Show.count(statistics.events))"),
        ])
        return (
            "Overview",
            """
            \(lead)\(facts)\(try late(visit))\(circuits(health, visit.now))<h2>What happened last</h2>\
            \(try recent(visit, EventFilter(), Self.recentCount))
            """
        )
    }

    private static func trouble(_ health: Health) -> String {
        var parts: [String] = []
        if health.incomplete > 0 {
            parts.append(
                "\(Show.count(health.incomplete)) of \(Show.count(health.repositories)) sources "
                    + (health.incomplete == 1 ? "is not complete" : "are not complete"))
        }
        if health.deadLetters > 0 {
            parts.append("\(Show.count(health.deadLetters)) \(health.deadLetters == 1 ? "job" : "jobs") gave up")
        }
        if !health.circuits.isEmpty {
            let count = health.circuits.count
            parts.append("\(Show.count(count)) \(count == 1 ? "host keeps" : "hosts keep") failing")
        }
        return parts.joined(separator: "; ") + "."
    }

    /// What is late, and why.
    private func late(_ visit: Visit) throws -> HTML {
        let rows = try visit.queries.repositories().filter { $0.suspension == nil && Queries.isIncomplete($0) }
        let status = try visit.queries.status(of: Array(rows.prefix(Self.maximumLateCount)), at: visit.now) {
            backend.pause($0, $1, visit.now)
        }
        let lines: [HTML] = status.map { status in
            let gap = status.gaps.first
            return .row([
                Self.link(status.repository), "\(gap?.reason ?? "–")", Show.time(gap?.since, visit.now),
                Self.why(status, visit.now),
            ])
        }
        guard !lines.isEmpty else { return "" }
        let more: HTML =
            rows.count > lines.count ? "<p class=\"dim\">and \(Show.count(rows.count - lines.count)) more</p>" : ""
        return
            "<h2>What is late, and why</h2>\(HTML.table(["Source", "Missing", "Since", "Why"], lines, empty: ""))\(more)"
    }

    static func why(_ status: RepositoryStatus, _ now: Timestamp) -> HTML {
        if let circuit = status.circuit { return "\(circuit.host) keeps failing" }
        if let pause = status.pause { return "waits for the limit of \(pause.limit)" }
        if let failure = status.repository.lastFailure?.failure { return "\(failure.code): \(failure.message)" }
        if let waiting = status.waiting.first {
            return "job \(waiting.job.id.rawValue): \(waiting.cause.name) \(Show.time(waiting.at, now))"
        }
        return "–"
    }

    private func circuits(_ health: Health, _ now: Timestamp) -> HTML {
        guard !health.circuits.isEmpty else { return "" }
        let rows: [HTML] = health.circuits.map { .row(["\($0.host)", Show.time($0.until, now)]) }
        return "<h2>Hosts that keep failing</h2>\(HTML.table(["Host", "Tried again"], rows, empty: ""))"
    }

    static func link(_ row: RepositoryRow) -> HTML {
        "<a href=\"/repositories/\(row.id.rawValue)\">\(row.locator.description)</a>"
    }
}
