import Events
import Ingest
import Logging
import Queries

/// Says in the log of the process what the log of events says was done, with the position where its story began: whoever
/// has that asks `ingestor explain` for the rest.
struct WorkLog: Sendable {
    private static let kinds: Set<EventKind> = [
        .webhookReceived, .webhookRejected, .gapDetected, .gapClosed, .syncCompleted, .syncFailed, .retryScheduled,
        .jobDeadLettered, .repositorySuspended, .repositoryResumed, .blobCorrupted, .blobRepaired,
    ]
    private static let interval = Duration.milliseconds(500)
    /// Events that are read at one time.
    private static let pageCount = 256

    let engine: Engine
    let queries: @Sendable () throws -> Queries
    let logger: Logger

    /// Runs until its task is cancelled, and tells what happened from now on.
    func run() async throws {
        var next = LogPosition(try queries().count)
        while !Task.isCancelled {
            try tell(&next)
            do { try await Task.sleep(for: Self.interval) } catch is CancellationError { break }
        }
        // What was parked at the end too.
        try tell(&next)
    }

    private func tell(_ next: inout LogPosition) throws {
        while true {
            var filter = EventFilter()
            filter.kinds = Self.kinds
            filter.from = next
            filter.limit = Self.pageCount
            var page: [Envelope] = []
            let end = try queries().forEachEvent(filter) { page.append($0) }
            for envelope in page { try tell(envelope) }
            guard page.count == Self.pageCount, let last = page.last else {
                next = max(next, end)
                return
            }
            next = last.position + 1
        }
    }

    private func tell(_ envelope: Envelope) throws {
        guard let line = Self.line(envelope.event) else { return }
        let header = envelope.header
        var metadata = line.metadata
        metadata["position"] = "\(envelope.position.rawValue)"
        metadata["correlation"] = "\(header.correlation.rawValue)"
        if let repository = header.repository { metadata["repository"] = "\(repository.rawValue)" }
        if header.tenant != .none { metadata["tenant"] = "\(header.tenant.rawValue)" }
        if let trace = try engine.trace(of: header.correlation) { metadata["trace"] = "\(trace.trace)" }
        logger.log(level: line.level, line.message, metadata: metadata)
    }

    /// Static words, and values beside them; nothing that is sealed in the log of events.
    private static func line(
        _ event: Event
    ) -> (level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata)? {
        switch event {
        case .webhookReceived(let event):
            (
                .info, "a webhook was taken in",
                ["provider": "\(event.provider)", "delivery": "\(event.delivery)", "event": "\(event.event)"]
            )
        case .webhookRejected(let event):
            (
                .warning, "webhooks were refused",
                ["provider": "\(event.provider)", "reason": "\(event.reason.name)", "count": "\(event.count)"]
            )
        case .gapDetected(let event): (.warning, "something is missing", ["reason": "\(event.reason.name)"])
        case .gapClosed: (.info, "what was missing is here", [:])
        case .syncCompleted(let event):
            (
                .info, "a sync was completed",
                [
                    "commit": "\(event.commit.hex)", "upToDate": "\(event.upToDate)", "files": "\(event.files)",
                    "upserted": "\(event.upserted)", "removed": "\(event.removed)", "skipped": "\(event.skipped)",
                    "bytesFetched": "\(event.bytesFetched)", "microseconds": "\(event.durationMicroseconds)",
                ]
            )
        case .syncFailed(let event):
            (.warning, "an attempt at a sync failed", failure(event.failure, ["attempt": "\(event.attempt)"]))
        case .retryScheduled(let event):
            (.info, "a sync is tried again", failure(event.failure, ["at": "\(event.at.rfc3339)"]))
        case .jobDeadLettered(let event):
            (.error, "a job gave up", failure(event.failure, ["job": "\(event.job.rawValue)"]))
        case .repositorySuspended(let event): (.warning, "a source is suspended", ["reason": "\(event.reason.name)"])
        case .repositoryResumed: (.info, "a source is read again", [:])
        case .blobCorrupted(let event): (.error, "a content is damaged", ["sha": "\(event.hash.hex)"])
        case .blobRepaired(let event): (.info, "a content is whole again", ["sha": "\(event.hash.hex)"])
        default: nil
        }
    }

    private static func failure(_ failure: Failure, _ further: Logger.Metadata) -> Logger.Metadata {
        further.merging(["class": "\(failure.errorClass.name)", "code": "\(failure.code)"]) { first, _ in first }
    }
}
