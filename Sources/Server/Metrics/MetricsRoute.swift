import CoreMetrics
import Events
import Hummingbird
import Ingest
import Projections
import Queries

/// `GET /metrics`: how the service does, in Prometheus' text format. It names no tenant and no source.
struct MetricsRoute: Sendable {
    let backend: APIBackend
    let registry: PrometheusRegistry
    let events: EventMetrics
    let streams: StreamBudget
    let startedAt: Timestamp

    var routes: [Route] { [Route(.get, "/metrics", .open, metrics)] }

    private func metrics(_ exchange: Exchange) async throws -> Response {
        let queries = try backend.queries(.everything)
        try events.catchUp(queries)
        var text = PrometheusText()
        registry.write(to: &text)
        let now = backend.now()
        try writeHealth(queries, now, to: &text)
        try writeStore(queries, to: &text)
        writeSchedule(to: &text)
        writeReloads(to: &text)
        text.gauge("ingestor_long_answers", "Answers under way that take long.", Double(streams.count))
        text.gauge(
            "process_start_time_seconds", "When the process began, in seconds since 1970.",
            Double(startedAt.microseconds) / 1e6)
        return Response(
            status: .ok, headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text.text)))
    }

    private func writeHealth(_ queries: Queries, _ now: Timestamp, to text: inout PrometheusText) throws {
        let health = try queries.health(at: now)
        text.gauge(
            "ingestor_repositories", "Sources that are watched.",
            [
                ([("state", "complete")], Double(health.repositories - health.incomplete)),
                ([("state", "incomplete")], Double(health.incomplete)),
                ([("state", "suspended")], Double(health.suspended)),
            ])
        text.gauge(
            "ingestor_completeness_lag_seconds",
            "Since when the source that is furthest behind is known to be complete.",
            health.oldest.map { max(0, now.seconds(since: $0.completeAsOf)) } ?? 0)
        text.gauge(
            "ingestor_jobs", "Open jobs.",
            JobState.allCases.map { ([("state", $0.name)], Double(health.jobs[$0] ?? 0)) })
        text.gauge(
            "ingestor_backlog_age_seconds", "How long the job that waits longest has been due.",
            health.oldestDue.map { max(0, now.seconds(since: $0)) } ?? 0)
        text.gauge("ingestor_dead_letters", "Jobs that gave up and wait for somebody.", Double(health.deadLetters))
        text.gauge("ingestor_open_circuits", "Hosts that nothing is sent to for now.", Double(health.circuits.count))
        text.gauge(
            "ingestor_quota_left_ratio", "The least share of a rate limit that is left.",
            health.quotaLeft.sorted { $0.key < $1.key }.map { ([("provider", $0.key)], $0.value) })
    }

    private func writeStore(_ queries: Queries, to text: inout PrometheusText) throws {
        let statistics = try queries.statistics()
        text.gauge("ingestor_log_events", "Events in the log.", Double(statistics.events))
        text.gauge(
            "ingestor_fold_lag_events", "Events in the log that the state does not have yet.",
            Double(try queries.foldLag()))
        text.gauge("ingestor_blobs", "Distinct contents.", Double(statistics.blobs))
        text.gauge("ingestor_logical_bytes", "Bytes of all file versions.", Double(statistics.logicalBytes))
        text.gauge("ingestor_unique_bytes", "Bytes of distinct contents.", Double(statistics.uniqueBytes))
        text.gauge("ingestor_stored_bytes", "Bytes of shards on disk.", Double(statistics.storedBytes))
        text.gauge("ingestor_shards", "Shards.", Double(statistics.shards))
        text.gauge("ingestor_dedup_ratio", "Logical bytes by unique bytes.", statistics.dedupRatio)
        text.gauge("ingestor_compression_ratio", "Unique bytes by stored bytes.", statistics.compressionRatio)
        let storage = queries.storage()
        func gauge(_ name: String, _ help: String, _ value: (StorageStatus) -> Int) {
            text.gauge(name, help, storage.map { ([("environment", $0.name)], Double(value($0))) })
        }
        gauge("ingestor_lmdb_used_bytes", "Used part of the file.") { $0.usedByteCount }
        gauge("ingestor_lmdb_map_bytes", "Reserved address space.") { $0.mapByteCount }
        gauge("ingestor_lmdb_readers", "Reader slots in use.") { $0.readerCount }
        gauge("ingestor_lmdb_max_readers", "Reader slots.") { $0.maximumReaderCount }
    }

    private func writeReloads(to text: inout PrometheusText) {
        let reloads = backend.reloads()
        text.family(
            "ingestor_config_reloads_total", "counter", "Times that the configuration was read again.",
            [([("outcome", "success")], Double(reloads.succeeded)), ([("outcome", "failure")], Double(reloads.failed))])
        text.gauge(
            "ingestor_config_last_reload_successful", "Whether the configuration that holds is the one written down.",
            reloads.lastFailed ? 0 : 1)
    }

    private func writeSchedule(to text: inout PrometheusText) {
        let schedule = backend.schedule()
        text.gauge("ingestor_running_syncs", "Syncs under way.", Double(schedule.running.count))
        text.gauge("ingestor_sync_capacity", "Syncs that may be under way at once.", Double(backend.concurrency))
        text.gauge("ingestor_waiting_work", "Work that is due and waits for others to end.", Double(schedule.waiting))
        text.gauge(
            "ingestor_audits_failing", "Providers whose deliveries could not be audited.",
            Double(schedule.auditFailures.count))
    }
}
