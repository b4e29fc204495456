import Events
import Projections
import Queries

extension Dashboard {
    func deadLetters(_ visit: Visit) throws -> Page {
        let rows: [HTML] = try visit.queries.deadLetters().map { job in
            let source: HTML = try visit.queries.repository(job.repository).map { Self.link($0) } ?? "–"
            let failure = job.failure?.failure
            let button: HTML = """
                <form method="post" action="/dead-letters/\(job.id.rawValue)/retry">\(visit.proof)\
                <button class="quiet">Try again</button></form>
                """
            return .row([
                "<a href=\"/explain?subject=\(job.id.rawValue)\">\(job.id.rawValue)</a>", source, "\(job.attempts)",
                Show.time(job.failure?.at, visit.now), "\(failure.map { "\($0.code): \($0.message)" } ?? "–")", button,
            ])
        }
        return (
            "Dead letters",
            HTML.table(["Job", "Source", "Attempts", "Failed", "Why", "Action"], rows, empty: "No job has given up.")
        )
    }

    func rateLimits(_ visit: Visit) throws -> Page {
        let rows: [HTML] = try visit.queries.rateLimits().map { status in
            let left: HTML =
                status.limit.map { limit in
                    let share = limit.limit == 0 ? 0 : Int(Double(limit.remaining) / Double(limit.limit) * 100)
                    return """
                        <div class="meter" role="img" aria-label="\(share) percent left"><svg viewBox="0 0 100 6" \
                        preserveAspectRatio="none"><rect width="\(min(100, share))" height="6" class="bar"/></svg></div>\
                        \(Show.count(limit.remaining)) of \(Show.count(limit.limit))
                        """
                } ?? "–"
            let wait: HTML = status.retryAt.map { $0 > visit.now ? Show.time($0, visit.now) : "–" } ?? "–"
            return .row([
                "\(status.quota)", left, Show.time(status.limit?.resetAt, visit.now), wait,
                Show.time(status.at, visit.now),
            ])
        }
        return (
            "Limits",
            HTML.table(
                ["Budget", "Left", "Full again", "Work waits until", "Heard"], rows,
                empty: "No source has said anything of its limits yet.")
        )
    }

    /// Syncs that the chart over time looks at.
    private static let chartSyncCount = 4000

    func storage(_ visit: Visit) throws -> Page {
        let statistics = try visit.queries.statistics()
        let facts = HTML.facts([
            ("File versions", "\(Show.count(statistics.itemVersions))"),
            ("Contents", "\(Show.count(statistics.blobs))"),
            ("Deduplication", "\(Show.ratio(statistics.dedupRatio))"),
            ("Compression", "\(Show.ratio(statistics.compressionRatio))"),
            ("Shards", "\(Show.count(statistics.shards))"),
            ("Events", "\(Show.count(statistics.events))"),
        ])
        let sizes = Chart.bars(
            "Bytes of all versions, of distinct contents, and on disk",
            [
                ("all versions", Double(statistics.logicalBytes), Show.bytes(statistics.logicalBytes)),
                ("distinct", Double(statistics.uniqueBytes), Show.bytes(statistics.uniqueBytes)),
                ("on disk", Double(statistics.storedBytes), Show.bytes(statistics.storedBytes)),
            ])
        return (
            "Storage",
            """
            \(facts)<h2>What it takes</h2>\(sizes)<h2>Contents that syncs brought</h2>\(try overTime(visit))
            """
        )
    }

    /// Contents that were new, and that were there already, day by day.
    private func overTime(_ visit: Visit) throws -> HTML {
        var filter = EventFilter()
        filter.kinds = [.syncCompleted]
        filter.limit = Self.chartSyncCount
        filter.takesNewest = true
        var days: [(name: String, lower: Double, upper: Double)] = []
        try visit.queries.forEachEvent(filter) { envelope in
            guard case .syncCompleted(let event) = envelope.event else { return }
            let day = String(envelope.header.time.rfc3339.prefix(10))
            if days.last?.name != day { days.append((day, 0, 0)) }
            days[days.count - 1].lower += Double(event.blobsStored)
            days[days.count - 1].upper += Double(event.blobsReused)
        }
        guard !days.isEmpty else { return "<p class=\"empty\">No sync has completed yet.</p>" }
        return Chart.columns("Contents by day", Array(days.suffix(60)), lower: "stored", upper: "there already")
    }
}
