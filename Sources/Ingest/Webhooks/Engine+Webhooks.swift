import EventLog
import Events
import Projections
import ProviderKit
import Silo
import State

extension Engine: WebhookIntake {
    /// Takes a genuine report in: keeps its body, decides what follows, and appends all of it. Thousands at once share their
    /// syncs of disk, one of the blob store and one of the log.
    ///
    /// - Throws: `SiloError`, `AppendError`, `IngestError` (overloaded): it is not durable, and has to be sent again.
    public func receive(_ webhook: ReceivedWebhook) async throws -> WebhookReceipt {
        try await withTaskExecutorPreference(options.executor) {
            // Until the report is recorded its body is not deleted as that of an older one.
            await pins.enter()
            defer { pins.leave() }
            let hash =
                switch try silo.put(webhook.body, in: .webhooks) {
                case .stored(let blob), .present(let blob): blob.sha1
                // Somebody made two bodies of one SHA-1. What it says is recorded all the same.
                case .conflict(let existing, _): existing.sha1
                }
            var webhook = webhook
            webhook.report.content = normalized(webhook.report.content)
            return try await intake.pass(
                IntakeQueue.Entry(webhook: webhook, bodyHash: hash, trace: TraceContext.current)
            ) { entries in
                try await commit(entries)
            }
        }
    }

    /// Makes the bodies durable, and then records the reports.
    private func commit(_ entries: [IntakeQueue.Entry]) async throws -> [WebhookReceipt] {
        try silo.flush()
        var receipts: [WebhookReceipt] = []
        while receipts.count < entries.count {
            receipts += try await record(entries[receipts.count...])
        }
        try await append(sealed: silo.drainSealed(), to: nil)
        return receipts
    }

    /// How often reports are decided anew because something else was recorded in between.
    private static let decisionAttempts = 8

    /// Records as many of the reports as one append can hold: up to one on whose effects the next may depend.
    private func record(_ entries: ArraySlice<IntakeQueue.Entry>) async throws -> [WebhookReceipt] {
        for _ in 0..<Self.decisionAttempts {
            let group = try state.read { view in try WebhookGroup(entries, view) }
            guard
                case .appended(let range) = try await writer.append(group.drafts, at: clock(), claims: group.claims)
            else { continue }
            for (repository, changes) in group.pushed { pushes.take(changes, of: repository) }
            let receipts = group.receipts(from: range.lowerBound)
            for (entry, receipt) in zip(entries, receipts) { traces.remember(receipt.position, entry.trace) }
            if group.requestsWork { signal.fire() }
            return receipts
        }
        throw IngestError(.busy, "other events keep coming in between: send the report again")
    }

    /// The report with locators in the form in which they are kept.
    private func normalized(_ content: WebhookReport.Content) -> WebhookReport.Content {
        func normal(_ locator: Locator) -> Locator {
            // A name that its own provider does not take is nobody's here, and is recorded as it came.
            do { return try normalize(locator) } catch { return locator }
        }
        func normal(_ repository: ReportedRepository) -> ReportedRepository {
            var result = repository
            result.locator = normal(repository.locator)
            return result
        }
        switch content {
        case .ping, .other: return content
        case .ref(var change):
            change.repository = normal(change.repository)
            return .ref(change)
        case .repository(let repository, .moved(let from)):
            return .repository(normal(repository), .moved(from: from.map { normal($0) }))
        case .repository(let repository, let change): return .repository(normal(repository), change)
        case .installation(var installation):
            installation.added = installation.added.map { normal($0) }
            installation.removed = installation.removed.map { normal($0) }
            return .installation(installation)
        }
    }
}

/// Reports that are recorded in one append.
private struct WebhookGroup {
    private(set) var drafts: [EventDraft] = []
    private(set) var claims: [Claim] = []
    private(set) var requestsWork = false
    private(set) var pushed: [(repository: RepositoryID, changes: PushedChanges)] = []
    /// Of each: its delivery, and which draft it is, or where it was recorded before.
    private var places: [(delivery: String, index: Int, first: LogPosition?)] = []

    init(_ entries: ArraySlice<IntakeQueue.Entry>, _ view: borrowing StateView) throws {
        var loader = WebhookLoader()
        for entry in entries {
            let webhook = entry.webhook
            let delivery = webhook.report.delivery
            // A repetition names where the first one stands, which is known once that is recorded.
            if loader.contains(webhook) { return }
            if let first = try view.delivery(delivery, of: webhook.provider) {
                places.append((delivery, drafts.count, first))
                let repeated = WebhookRepeated(provider: webhook.provider, delivery: delivery, first: first)
                drafts.append(
                    EventDraft(
                        .webhookRepeated(repeated), tenant: .none, domain: .webhooks, correlation: .position(first),
                        causation: .position(first)))
                continue
            }
            let facts = try loader.facts(webhook, view)
            let decision = WebhookDecision(WebhookReceived(entry), webhook.report, facts)
            places.append((delivery, drafts.count, nil))
            claims.append(Claim(Claims.delivery(webhook.provider, delivery), eventIndex: drafts.count))
            claims += decision.claims.map { Claim($0.key, eventIndex: drafts.count + $0.eventIndex) }
            drafts += decision.drafts
            pushed += decision.pushed
            if !decision.requested.isEmpty { requestsWork = true }
            if decision.changesRows { return }
            loader.take(decision, webhook, facts)
        }
    }

    func receipts(from start: LogPosition) -> [WebhookReceipt] {
        places.map { place in
            WebhookReceipt(
                position: place.first ?? start + place.index, delivery: place.delivery, isDuplicate: place.first != nil)
        }
    }
}

extension WebhookReceived {
    /// A report as the log keeps it.
    fileprivate init(_ entry: IntakeQueue.Entry) {
        let report = entry.webhook.report
        self.init(
            provider: entry.webhook.provider, delivery: report.delivery, event: report.event, action: report.action,
            installation: report.installation, bodyHash: entry.bodyHash, bodySize: UInt64(entry.webhook.body.count),
            secret: UInt32(clamping: entry.webhook.secret), sender: report.sender)
        switch report.content {
        case .ping, .other: break
        case .ref(let change):
            externalID = change.repository.externalID
            locator = change.repository.locator
            ref = AnnouncedRef(
                name: change.ref, before: change.before, after: change.after, isForced: change.isForced,
                tellsCommits: change.tellsCommits)
        case .repository(let repository, _):
            externalID = repository.externalID
            locator = repository.locator
        case .installation(let change):
            installation = change.id
            added = change.added.map(\.externalID)
            removed = change.change == .deleted ? [] : change.removed.map(\.externalID)
        }
    }
}
