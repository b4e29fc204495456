import Events
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
            ("On disk", "\(Show.bytes(statistics.storedBytes))", "\(Show.count(statistics.shards)) shards"),
            ("Kept once", "\(Show.ratio(statistics.dedupRatio))", "by deduplication"),
            ("Compressed", "\(Show.ratio(statistics.compressionRatio))", "\(Show.bytes(perVersion)) a file version"),
            (
                "Waiting to go", "\(Show.bytes(statistics.releasedBytes))",
                "\(Show.count(statistics.releasedBlobs)) contents that nothing names"
            ),
        ])
        return Page("Storage", "\(tiles)<div class=\"charts\">\(try history(visit))\(try byDay(visit))</div>")
    }

    /// What the store held over time, as far back as the newest events tell.
    private func history(_ visit: Visit) throws -> HTML {
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
            ], until: visit.now
        ) { Show.bytes(Int64($0)) }
        let ratios = Chart.lines(
            "Deduplication and compression over time", "how many times smaller each makes what is kept",
            [
                Chart.Line(name: "deduplication", points: history.points.map { ($0.at, $0.dedupRatio) }),
                Chart.Line(
                    name: "compression, at each shard's end", points: history.compression.map { ($0.at, $0.ratio) }),
            ].filter { !$0.points.isEmpty }, until: visit.now
        ) { Show.ratio($0) }
        return "\(sizes)\(ratios)"
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
