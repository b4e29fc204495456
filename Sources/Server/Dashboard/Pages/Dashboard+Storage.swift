import Events
import Projections
import Queries

extension Dashboard {
    /// Syncs that the columns by day look at, and days that are shown.
    private static let chartSyncCount = 4000
    private static let maximumDayCount = 60

    func storage(_ visit: Visit) throws -> Page {
        let statistics = try visit.queries.statistics()
        let perVersion = statistics.itemVersions == 0 ? 0 : statistics.storedBytes / statistics.itemVersions
        let tiles = HTML.tiles([
            (
                "All versions", "\(Show.bytes(statistics.logicalBytes))",
                "\(Show.count(statistics.itemVersions)) file versions"
            ),
            ("Distinct", "\(Show.bytes(statistics.uniqueBytes))", "\(Show.count(statistics.blobs)) contents"),
            (
                "On disk", "\(Show.bytes(statistics.storedBytes))",
                "\(Show.count(statistics.shards)) \(statistics.shards == 1 ? "shard" : "shards")"
            ),
            ("Kept once", "\(Show.ratio(statistics.dedupRatio))", "by deduplication"),
            ("Compressed", "\(Show.ratio(statistics.compressionRatio))", "\(Show.bytes(perVersion)) a file version"),
            (
                "Waiting to go", "\(Show.bytes(statistics.releasedBytes))",
                "\(Show.count(statistics.releasedBlobs)) contents that nothing names"
            ),
        ])
        return Page(
            "Storage",
            "\(tiles)<div class=\"charts\">\(try history(visit, statistics))\(try byDay(visit))\(try largest(visit))</div>"
        )
    }

    /// What the store held over time, as far back as the newest events tell.
    private func history(_ visit: Visit, _ statistics: StoreStatistics) throws -> HTML {
        guard let history = try storageHistory.read(visit.queries), !history.points.isEmpty else { return "" }
        let reach = history.isCut ? "since \(Show.moment(history.points[0].at))" : "since the beginning"
        let sizes = Chart.lines(
            "Bytes over time", "all file versions, and what is distinct of them, \(reach)",
            [
                Chart.Line(
                    name: "all versions", points: history.points.map { ($0.at, Double($0.logicalBytes)) },
                    isFilled: true),
                Chart.Line(
                    name: "distinct", points: history.points.map { ($0.at, Double($0.uniqueBytes)) }, isFilled: true),
            ], until: visit.now, isBinary: true
        ) { Show.bytes(Int64($0)) }
        let ratios = Chart.lines(
            "Deduplication and compression over time", "how many times smaller each makes what is kept",
            [
                Chart.Line(name: "deduplication", points: history.points.map { ($0.at, $0.dedupRatio) }),
                // Of what was complete by then; at the end, of all that there is.
                Chart.Line(
                    name: "compression",
                    points: history.compression.map { ($0.at, $0.ratio) } + [(visit.now, statistics.compressionRatio)]),
            ], until: visit.now
        ) { Show.ratio($0) }
        return "\(sizes)\(ratios)"
    }

    private static let largestCount = 6

    private func largest(_ visit: Visit) throws -> HTML {
        let rows = try visit.queries.repositories().sorted { $0.logicalBytes > $1.logicalBytes }
            .prefix(Self.largestCount).filter { $0.logicalBytes > 0 }
        guard !rows.isEmpty else { return "" }
        return Chart.bars(
            "The largest sources", "their files as they are now",
            rows.map { (Self.link($0), Double($0.logicalBytes), Show.bytes($0.logicalBytes)) })
    }

    /// Contents that were new, and that were there already, day by day.
    private func byDay(_ visit: Visit) throws -> HTML {
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
        return Chart.columns(
            "Contents that syncs brought", "by day", Array(days.suffix(Self.maximumDayCount)), lower: "stored",
            upper: "there already")
    }
}
