import CoreMetrics
import Events
import Projections
import Queries
import Synchronization

/// Counts what the log says that happened since this process began, so that each figure is one that the log proves.
///
/// It reads what is new when it is asked, so that nothing has to run in between.
final class EventMetrics: Sendable {
    private struct Place {
        var next: LogPosition
        var providers: [RepositoryID: String] = [:]
        var stages = StageTimes()
    }

    private let factory: any MetricsFactory
    private let place: Mutex<Place>

    /// Events that are read at one time at most; the rest is read the next time.
    private static let maximumEventCount = 200_000
    /// Names of providers that are remembered.
    private static let maximumNameCount = 16_384

    /// - Parameter start: from where on it counts.
    init(factory: any MetricsFactory, from start: LogPosition) {
        self.factory = factory
        place = Mutex(Place(next: start))
    }

    func catchUp(_ queries: Queries) throws {
        try place.withLock { place in
            var filter = EventFilter()
            filter.from = place.next
            filter.limit = Self.maximumEventCount
            var last: LogPosition?
            var count = 0
            let end = try queries.forEachEvent(filter) { envelope in
                last = envelope.position
                count += 1
                let provider = try provider(envelope.header.repository, queries, &place.providers)
                record(envelope.event, provider)
                for (stage, seconds) in place.stages.take(envelope) {
                    Timer(
                        label: "ingestor_stage_seconds",
                        dimensions: [("stage", stage.rawValue), ("provider", provider)],
                        factory: factory
                    ).recordNanoseconds(Int64(seconds * 1e9))
                }
            }
            place.next = count == filter.limit ? last.map { $0 + 1 } ?? end : max(place.next, end)
        }
    }

    private func provider(
        _ repository: RepositoryID?, _ queries: Queries, _ known: inout [RepositoryID: String]
    ) throws -> String {
        guard let repository else { return "none" }
        if let name = known[repository] { return name }
        let name = try queries.repository(repository)?.locator.provider ?? "none"
        if known.count >= Self.maximumNameCount { known = [:] }
        known[repository] = name
        return name
    }

    private func record(_ event: Event, _ provider: String) {
        count("ingestor_events_total", [("kind", event.kind.name)])
        switch event {
        case .webhookReceived(let event): webhook(event.provider, "accepted")
        case .webhookRepeated(let event): webhook(event.provider, "duplicate")
        case .webhookRejected(let event): webhook(event.provider, event.reason.name, by: event.count)
        case .pollCompleted(let event): poll(provider, event.changed ? "changed" : "unchanged")
        case .pollFailed(let event): poll(provider, event.failure.errorClass.name)
        case .fetchCompleted(let event):
            seconds("ingestor_fetch_seconds", event.durationMicroseconds, provider)
            count("ingestor_fetched_bytes_total", [("provider", provider)], by: event.bytesReceived)
            count("ingestor_provider_requests_total", [("provider", provider)], by: event.requests)
            fetch(provider, "completed")
        case .fetchFailed(let event): fetch(provider, event.failure.errorClass.name)
        case .syncCompleted(let event):
            seconds("ingestor_sync_seconds", event.durationMicroseconds, provider)
            sync(provider, event.upToDate ? "unchanged" : "updated")
            count("ingestor_items_total", [("change", "upserted")], by: event.upserted)
            count("ingestor_items_total", [("change", "removed")], by: event.removed)
            count("ingestor_items_total", [("change", "skipped")], by: event.skipped)
            count("ingestor_blobs_total", [("outcome", "stored")], by: event.blobsStored)
            count("ingestor_blobs_total", [("outcome", "reused")], by: event.blobsReused)
        case .syncFailed(let event): sync(provider, event.failure.errorClass.name)
        case .retryScheduled(let event):
            count("ingestor_retries_total", [("provider", provider), ("class", event.failure.errorClass.name)])
        case .jobDeadLettered: count("ingestor_dead_lettered_total", [("provider", provider)])
        case .gapDetected(let event): count("ingestor_gaps_total", [("reason", event.reason.name)])
        case .blobsStored(let event):
            count("ingestor_unique_bytes_stored_total", [], by: event.blobs.reduce(0) { $0 + $1.size })
        case .blobCorrupted: count("ingestor_damaged_blobs_total", [])
        default: break
        }
    }

    private func webhook(_ provider: String, _ outcome: String, by amount: UInt64 = 1) {
        count("ingestor_webhooks_total", [("provider", provider), ("outcome", outcome)], by: amount)
    }

    private func poll(_ provider: String, _ outcome: String) {
        count("ingestor_polls_total", [("provider", provider), ("outcome", outcome)])
    }

    private func fetch(_ provider: String, _ outcome: String) {
        count("ingestor_fetches_total", [("provider", provider), ("outcome", outcome)])
    }

    private func sync(_ provider: String, _ outcome: String) {
        count("ingestor_syncs_total", [("provider", provider), ("outcome", outcome)])
    }

    private func count(_ label: String, _ tags: [(String, String)], by amount: UInt64 = 1) {
        Counter(label: label, dimensions: tags, factory: factory).increment(by: Int64(clamping: amount))
    }

    private func seconds(_ label: String, _ microseconds: UInt64, _ provider: String) {
        Timer(label: label, dimensions: [("provider", provider)], factory: factory)
            .recordNanoseconds(Int64(clamping: microseconds.multipliedReportingOverflow(by: 1000).partialValue))
    }

    static let help = [
        "ingestor_events_total": "Events in the log since this process began, by kind.",
        "ingestor_webhooks_total": "Reports of providers: accepted, duplicate, or why they were refused.",
        "ingestor_polls_total": "Questions whether a source has changed, by what came of them.",
        "ingestor_fetch_seconds": "Seconds that a fetch took.",
        "ingestor_fetched_bytes_total": "Bytes received from sources.",
        "ingestor_provider_requests_total": "Requests sent to sources by fetches.",
        "ingestor_stage_seconds": "Seconds that a sync waited, asked its source, fetched, and stored what came.",
        "ingestor_fetches_total": "Fetches: completed, or the class of their failure.",
        "ingestor_sync_seconds": "Seconds that a completed sync took.",
        "ingestor_syncs_total": "Syncs: updated, unchanged, or the class of their failure.",
        "ingestor_items_total": "Files that syncs found changed.",
        "ingestor_blobs_total": "Contents that syncs stored, or found to be there already.",
        "ingestor_retries_total": "Attempts that will be made again, by the class of the failure.",
        "ingestor_dead_lettered_total": "Jobs that gave up.",
        "ingestor_gaps_total": "Gaps that were found in what sources reported.",
        "ingestor_unique_bytes_stored_total": "Bytes of distinct contents stored.",
        "ingestor_damaged_blobs_total": "Contents that were found damaged.",
    ]
}
