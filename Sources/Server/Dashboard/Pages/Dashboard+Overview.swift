import Events
import Projections
import Queries

extension Dashboard {
    /// Sources that are shown as late.
    private static let maximumLateCount = 12
    private static let recentCount = 15

    func overview(_ visit: Visit) throws -> Page {
        let health = try visit.queries.health(at: visit.now)
        return Page(
            "Overview",
            """
            \(Self.verdict(health, visit.now))\(try tiles(health, visit))\(try late(visit))\(circuits(health, visit.now))\
            \(try recent(visit, EventFilter(), Self.recentCount, title: "What happened last"))
            """)
    }

    private static func verdict(_ health: Health, _ now: Timestamp) -> HTML {
        guard health.repositories + health.suspended > 0 else {
            return .verdict(
                "warn", "No source is watched yet",
                "Add one: <code>ingestor repo add github:owner/name</code>, or <code>POST /v1/repositories</code>.")
        }
        let asOf: HTML =
            health.oldest.map { "Everything is known as of \(Show.time($0.completeAsOf, now)) or later." } ?? ""
        let isWell = health.incomplete == 0 && health.deadLetters == 0 && health.circuits.isEmpty
        guard !isWell else {
            let count = health.repositories
            return .verdict(
                "good", count == 1 ? "The source is complete" : "All \(Show.count(count)) sources are complete", asOf)
        }
        let isBad = health.deadLetters > 0 || !health.circuits.isEmpty
        return .verdict(isBad ? "bad" : "warn", trouble(health), "What is late, and why, stands below.")
    }

    private func tiles(_ health: Health, _ visit: Visit) throws -> HTML {
        let statistics = try visit.queries.statistics()
        let open = health.jobs.values.reduce(0, +) - health.deadLetters
        let behind: HTML = health.oldest.map { Self.link($0.repository) } ?? ""
        return HTML.tiles([
            (
                "Complete sources",
                "<a href=\"/repositories\">\(Show.count(health.repositories - health.incomplete))</a> of \(Show.count(health.repositories))",
                health.suspended > 0 ? "\(Show.count(health.suspended)) suspended" : ""
            ), ("Furthest behind", Show.time(health.oldest?.completeAsOf, visit.now), behind),
            (
                "Backlog", "\(Show.count(open))",
                health.oldestDue.map { "longest due \(Show.time($0, visit.now))" } ?? "nothing is due"
            ), ("Dead letters", "<a href=\"/dead-letters\">\(Show.count(health.deadLetters))</a>", "jobs that gave up"),
            (
                "Kept once", "\(Show.ratio(statistics.dedupRatio))",
                "<a href=\"/storage\">\(Show.bytes(statistics.logicalBytes))</a> in \(Show.bytes(statistics.uniqueBytes))"
            ),
            (
                "Compressed", "\(Show.ratio(statistics.compressionRatio))",
                "\(Show.bytes(statistics.storedBytes)) on disk"
            ), ("Events", "<a href=\"/events\">\(Show.count(statistics.events))</a>", "in the log"),
            try signed(visit),
        ])
    }

    private func signed(_ visit: Visit) throws -> (name: String, value: HTML, note: HTML) {
        let checkpoint = try visit.queries.logProof().checkpoint
        let note: HTML =
            switch checkpoint?.holds {
            case nil: "<a href=\"/log\">none yet</a>"
            case true?: "<a href=\"/log\">the log still agrees</a>"
            case false?: "<a href=\"/log\">the log does not agree</a>"
            }
        return ("Last checkpoint", Show.time(checkpoint?.at, visit.now), note)
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
        return parts.joined(separator: ", ")
    }

    /// What is late, and why.
    private func late(_ visit: Visit) throws -> HTML {
        let rows = try visit.queries.repositories().filter { $0.suspension == nil && Queries.isIncomplete($0) }
        let status = try visit.queries.status(of: Array(rows.prefix(Self.maximumLateCount)), at: visit.now) {
            backend.pause($0, $1, visit.now)
        }
        let lines: [[HTML]] = status.map { status in
            let gap = status.gaps.first
            return [
                Self.link(status.repository), "\(gap.map { Self.missing($0) } ?? "–")",
                Show.time(gap?.since, visit.now),
                Self.why(status, visit.now),
            ]
        }
        guard !lines.isEmpty else { return "" }
        let more: HTML =
            rows.count > lines.count
            ? "<p class=\"next\"><a href=\"/repositories?state=incomplete\">\(Show.count(rows.count - lines.count)) more</a></p>"
            : ""
        let table = HTML.table(
            "What is late", [.main("Source"), .short("Missing"), "Since", .what("Why")], lines, empty: "")
        return "<h2>What is late, and why</h2>\(table)\(more)"
    }

    /// What kind of gap it is, in words.
    static func missing(_ gap: Gap) -> String {
        switch gap.reason {
        case "neverSynced": "everything"
        case "behind", "announced": "newer commits"
        case "failing", "suspended": "whatever came since"
        case "missedPush", "missedWebhook": "what a lost webhook told"
        default: gap.reason
        }
    }

    static func why(_ status: RepositoryStatus, _ now: Timestamp) -> HTML {
        if let suspension = status.repository.suspension { return "\(suspension.reason.name): \(suspension.note)" }
        if let circuit = status.circuit { return "\(circuit.host) keeps failing" }
        if let pause = status.pause { return "waits for the limit of \(pause.limit)" }
        if let failure = status.repository.lastFailure?.failure { return "\(failure.code): \(failure.message)" }
        if let waiting = status.waiting.first {
            let job: HTML = "<a href=\"/explain?subject=\(waiting.job.id.rawValue)\">job \(waiting.job.id.rawValue)</a>"
            return waiting.cause == .running
                ? "\(job) is under way" : "\(job) is due \(Show.time(waiting.at, now))"
        }
        return "not asked yet"
    }

    private func circuits(_ health: Health, _ now: Timestamp) -> HTML {
        guard !health.circuits.isEmpty else { return "" }
        let rows: [[HTML]] = health.circuits.map { ["\($0.host)", Show.time($0.until, now)] }
        let table = HTML.table("Hosts", [.main("Host"), "Tried again"], rows, empty: "")
        return "<h2>Hosts that keep failing</h2>\(table)"
    }

    static func link(_ row: RepositoryRow) -> HTML {
        "<a href=\"/repositories/\(row.id.rawValue)\">\(row.locator.description)</a>"
    }
}
