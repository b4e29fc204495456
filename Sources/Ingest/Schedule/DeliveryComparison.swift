import EventLog
import Events
import Projections
import ProviderKit
import State

extension Engine {
    /// Compares what a provider says that it delivered with what was received; records what is missing, and asks for it again.
    ///
    /// - Throws: `ProviderError` where the provider could not be asked; `AppendError`.
    func compareDeliveries(_ audit: any DeliveryAudit, _ options: SchedulerOptions) async throws {
        let now = clock()
        try await closeGaps(detectedBefore: now.adding(seconds: -audit.windowSeconds))
        // What was delivered before there was a log was delivered to somebody else.
        guard let first = try log.read({ snapshot in try snapshot.header(at: LogPosition(0)) })?.time else { return }
        // Providers tell whole seconds: what was delivered in the second in which the log began may have been meant for it.
        let since = max(Timestamp(seconds: first.seconds), now.adding(seconds: -audit.windowSeconds))
        try await withTaskExecutorPreference(self.options.executor) {
            let reported = try await audit.deliveries(since: since)
            let end = now.adding(seconds: -options.auditGraceSeconds)
            for attempt in try missing(reported, of: audit.provider, since: since, until: end)
                .prefix(options.auditLimit)
            {
                try await recordMissing(attempt, of: audit.provider)
                try await audit.redeliver(attempt)
            }
        }
    }

    /// Of each report that never came its last attempt, the oldest report first.
    private func missing(
        _ reported: [ReportedDelivery], of provider: String, since: Timestamp, until end: Timestamp
    ) throws -> [ReportedDelivery] {
        var latest: [String: ReportedDelivery] = [:]
        for attempt in reported {
            if let known = latest[attempt.delivery], known.deliveredAt >= attempt.deliveredAt { continue }
            latest[attempt.delivery] = attempt
        }
        return try state.read { view in
            try latest.values.filter { attempt in
                guard attempt.deliveredAt >= since, attempt.deliveredAt <= end else { return false }
                return try view.delivery(attempt.delivery, of: provider) == nil
            }
        }.sorted { ($0.deliveredAt, $0.delivery) < ($1.deliveredAt, $1.delivery) }
    }

    private func recordMissing(_ attempt: ReportedDelivery, of provider: String) async throws {
        let isKnown = try state.read { view in
            // It may have come meanwhile.
            try view.delivery(attempt.delivery, of: provider) != nil
                || view.gaps(of: nil).contains { $0.gap.delivery == attempt.delivery }
        }
        guard !isKnown else { return }
        let gap = GapDetected(reason: .missedDelivery, delivery: attempt.delivery)
        _ = try await writer.append([EventDraft(.gapDetected(gap), tenant: .none)], at: clock())
    }

    /// Beyond its window a provider delivers nothing again: what it reported then was found by polls.
    private func closeGaps(detectedBefore time: Timestamp) async throws {
        let gaps = try state.read { view in try view.gaps(of: nil) }.filter { $0.detectedAt < time }
        let drafts = gaps.map { gap in
            EventDraft(
                .gapClosed(GapClosed(gap: gap.position)), tenant: .none, correlation: .position(gap.position),
                causation: .position(gap.position))
        }
        if !drafts.isEmpty { _ = try await writer.append(drafts, at: clock()) }
    }
}
