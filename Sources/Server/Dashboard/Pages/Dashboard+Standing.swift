import Events
import Projections
import Queries

extension Dashboard {
    func deadLetters(_ visit: Visit) throws -> Page {
        let rows: [[HTML]] = try visit.queries.deadLetters().map { job in
            let source: HTML = try visit.queries.repository(job.repository).map { Self.link($0) } ?? "–"
            let failure = job.failure?.failure
            let button: HTML = """
                <form method="post" action="/dead-letters/\(job.id.rawValue)/retry">\(visit.proof)\
                <button class="quiet" aria-label="Try job \(job.id.rawValue) again">Try again</button></form>
                """
            return [
                "<a href=\"/explain?subject=\(job.id.rawValue)\">\(job.id.rawValue)</a>", source, "\(job.attempts)",
                Show.time(job.failure?.at, visit.now), "\(failure.map { "\($0.code): \($0.message)" } ?? "–")", button,
            ]
        }
        let columns: [HTML.Column] = [
            "Job", .main("Source"), .number("Attempts"), "Failed", .what("Why"), "Action",
        ]
        return Page(
            "Dead letters",
            """
            <p class="sub">Jobs that failed for good, or too often. Each waits here until somebody decides.</p>\
            \(HTML.table("Dead letters", columns, rows, empty: "No job has given up."))
            """)
    }

    func limits(_ visit: Visit) throws -> Page {
        let rows: [[HTML]] = try visit.queries.rateLimits().map { status in
            let left: HTML =
                status.limit.map { limit in
                    let share = limit.limit == 0 ? 0 : Double(limit.remaining) / Double(limit.limit)
                    return "\(Show.count(limit.remaining)) of \(Show.count(limit.limit))\(HTML.meter(share))"
                } ?? "–"
            let wait: HTML = status.retryAt.map { $0 > visit.now ? Show.time($0, visit.now) : "–" } ?? "–"
            return [
                "\(status.quota.isEmpty ? "without a credential" : status.quota)", left,
                Show.time(status.limit?.resetAt, visit.now), wait, Show.time(status.at, visit.now),
            ]
        }
        let table = HTML.table(
            "Budgets", [.main("Budget"), "Left", "Full again", "Work waits until", "Heard"], rows,
            empty: "No source has said anything of its limits yet.")
        return Page(
            "Limits",
            "<h2>What sources allow</h2>\(table)<h2>What tenants may have</h2>\(try tenants(visit))")
    }

    /// What each tenant has, and may have.
    private func tenants(_ visit: Visit) throws -> HTML {
        let rows: [[HTML]] = try visit.queries.tenantUse().filter { !$0.tenant.isErased }.map { use in
            let limits = use.tenant.limits
            return [
                "\(use.tenant.name)", Self.use(use.repositories, of: limits.repositories) { Show.count($0) },
                Self.use(use.logicalBytes, of: limits.bytes) { Show.bytes($0) },
                limits.requestsPerMinute.map { "\(Show.count($0)) a minute" } ?? "no limit",
            ]
        }
        return HTML.table(
            "Tenants", [.main("Tenant"), "Sources", "Kept", "Requests"], rows, empty: "There is no tenant yet.")
    }

    private static func use(_ used: UInt64, of limit: UInt64?, _ text: (UInt64) -> String) -> HTML {
        guard let limit else { return "\(text(used))" }
        let share = limit == 0 ? 1 : Double(used) / Double(limit)
        return "\(text(used)) of \(text(limit))\(HTML.meter(share, isUse: true))"
    }
}
