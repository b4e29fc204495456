import EventLog
import Events
import Projections
import ProviderKit
import State

/// Reads what a report's decision depends on, and remembers what earlier reports of the same append have changed of it.
struct WebhookLoader {
    private var requested: Set<RepositoryID> = []
    private var withGap: Set<RepositoryID> = []
    private var refs: [[UInt8]: RefRow] = [:]
    private var deliveries: Set<[UInt8]> = []
    /// All that are good, once somebody asked.
    private var credentials: [CredentialRow]?

    mutating func facts(_ webhook: ReceivedWebhook, _ view: borrowing StateView) throws -> WebhookFacts {
        let report = webhook.report
        var facts = WebhookFacts()
        switch report.content {
        case .ping, .other: break
        case .ref(let change):
            facts.repositories = try watched(change.repository, nil, webhook.provider, view)
            facts.announced = try announced(change, webhook.provider, view)
        case .repository(let repository, let change):
            let oldName: Locator? = if case .moved(let from) = change { from } else { nil }
            facts.repositories = try watched(repository, oldName, webhook.provider, view)
        case .installation(let installation):
            let known = try view.repositories(ofInstallation: installation.id, provider: webhook.provider)
            facts.installed = try known.flatMap {
                try watched(rows: view.repositories(of: webhook.provider, externalID: $0), view)
            }
            facts.added = try installation.added.flatMap { try watched($0, nil, webhook.provider, view) }
            facts.removed = try installation.removed.flatMap { try watched($0, nil, webhook.provider, view) }
        }
        if let installation = report.installation {
            let credentials = try self.credentials ?? view.credentials()
            self.credentials = credentials
            let given = credentials.filter { $0.installation == installation && $0.provider == webhook.provider }
            facts.installers = Set(given.map(\.tenant))
        }
        facts.deliveryGap = try view.gaps(of: nil).first { $0.gap.delivery == report.delivery }?.position
        return facts
    }

    /// Whether a report has come in this append before.
    func contains(_ webhook: ReceivedWebhook) -> Bool {
        deliveries.contains(Claims.delivery(webhook.provider, webhook.report.delivery))
    }

    mutating func take(_ decision: WebhookDecision, _ webhook: ReceivedWebhook, _ facts: WebhookFacts) {
        deliveries.insert(Claims.delivery(webhook.provider, webhook.report.delivery))
        requested.formUnion(decision.requested)
        for draft in decision.drafts {
            if case .gapDetected = draft.event, case .position(let position) = draft.repository {
                withGap.insert(RepositoryID(position))
            }
        }
        guard case .ref(let change) = webhook.report.content, change.tellsCommits else { return }
        let push = AnnouncedRef(name: change.ref, before: change.before, after: change.after)
        // Only their order counts here; the fold of the log says where and when.
        let place = (position: LogPosition(0), at: Timestamp(microseconds: 0))
        guard var row = facts.announced else {
            let chain = PushChain(before: change.before, after: change.after)
            refs[key(change, webhook.provider)] = RefRow(
                ref: change.ref, chain: chain, position: place.position, at: place.at)
            return
        }
        row.announce(push, position: place.position, at: place.at)
        refs[key(change, webhook.provider)] = row
    }

    private func announced(
        _ change: ReportedRefChange, _ provider: String, _ view: borrowing StateView
    ) throws -> RefRow? {
        try refs[key(change, provider)]
            ?? view.announcedRef(provider, change.repository.externalID, change.ref)
    }

    private func key(_ change: ReportedRefChange, _ provider: String) -> [UInt8] {
        var key = RefRow.scope(provider, change.repository.externalID)
        key += change.ref
        return key
    }

    private func watched(
        _ repository: ReportedRepository, _ oldName: Locator?, _ provider: String, _ view: borrowing StateView
    ) throws -> [WebhookFacts.Watched] {
        var rows = try view.repositories(of: provider, externalID: repository.externalID)
        for name in [repository.locator, oldName].compactMap({ $0 }) {
            for row in try view.repositories(at: name) where !rows.contains(where: { $0.id == row.id }) {
                rows.append(row)
            }
        }
        var all = try watched(rows: rows, view)
        for index in all.indices where all[index].row.locator != repository.locator {
            all[index].isNameFree = try view.repository(repository.locator, of: all[index].row.tenant) == nil
        }
        return all
    }

    private func watched(rows: [RepositoryRow], _ view: borrowing StateView) throws -> [WebhookFacts.Watched] {
        try rows.map { row in
            let jobs = try view.jobs(of: row.id)
            return WebhookFacts.Watched(
                row: row,
                hasWaitingJob: requested.contains(row.id)
                    || jobs.contains { $0.state == .requested || $0.state == .waiting },
                isSyncing: jobs.contains { $0.state == .started },
                hasOpenGap: try withGap.contains(row.id) || !view.gaps(of: row.id).isEmpty)
        }
    }
}
