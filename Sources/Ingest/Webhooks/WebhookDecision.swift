import EventLog
import Events
import Projections
import ProviderKit
import State

/// What follows from a genuine report that came for the first time. Pure: it is told everything.
///
/// The report itself comes first; what it means for repositories belongs to its story. A job begins a story of its own,
/// caused by the report.
struct WebhookDecision {
    private(set) var drafts: [EventDraft] = []
    /// Names that have to be free; their events are counted from the report on.
    private(set) var claims: [Claim] = []
    /// Repositories that a job was requested for.
    private(set) var requested: [RepositoryID] = []
    /// What was pushed to repositories that are watched.
    private(set) var pushed: [(repository: RepositoryID, changes: PushedChanges)] = []
    /// Rows change in a way that later reports may depend on.
    private(set) var changesRows = false

    private let report: WebhookReport
    private let facts: WebhookFacts

    init(_ event: WebhookReceived, _ report: WebhookReport, _ facts: WebhookFacts) {
        self.report = report
        self.facts = facts
        // What nobody or more than one tenant could have erased stays in clear.
        drafts.append(
            EventDraft(.webhookReceived(event), tenant: .none, domain: .webhooks, sealedFor: facts.owner))
        if let gap = facts.deliveryGap {
            drafts.append(
                EventDraft(
                    .gapClosed(GapClosed(gap: gap)), tenant: .none, correlation: .back(1), causation: .back(1)))
        }
        switch report.content {
        case .ping, .other: break
        case .ref(let change): decide(change)
        case .repository(let repository, let change): decide(repository, change)
        case .installation(let change): decide(change)
        }
    }

    // MARK: Refs

    private mutating func decide(_ change: ReportedRefChange) {
        for watched in facts.repositories {
            guard identify(watched, change.repository), !watched.row.isRemoved else { continue }
            var row = watched.row
            if change.repository.isPrivate == true, !row.configuration.isPrivate {
                // Whoever may read it less is believed at once; more only where the report is about that.
                changeVisibility(&row, isPrivate: true)
            }
            guard Self.isWatched(change.ref, row, change.repository) else { continue }
            if let changes = change.changes { pushed.append((row.id, changes)) }
            var isComplete = !watched.hasOpenGap
            if change.tellsCommits, let gap = gap(change, row) {
                isComplete = false
                append(.gapDetected(gap), row)
            }
            // Late, or told by a poll before: nothing is left to be done.
            let isKnown =
                change.tellsCommits && change.after != nil && change.after == row.lastCommit
                && change.after == row.polledHead && row.suspension == nil
            if isKnown, isComplete, !watched.isSyncing, row == watched.row { continue }
            request(watched, row, change)
        }
    }

    /// Whether a ref is the one that is followed. Where nobody can tell, it is.
    private static func isWatched(_ ref: [UInt8], _ row: RepositoryRow, _ repository: ReportedRepository) -> Bool {
        guard let branch = row.configuration.branch ?? repository.defaultBranch ?? row.branch else { return true }
        return ref == Array("refs/heads/".utf8) + branch
    }

    private func gap(_ change: ReportedRefChange, _ row: RepositoryRow) -> GapDetected? {
        let push = AnnouncedRef(
            name: change.ref, before: change.before, after: change.after, isForced: change.isForced)
        // What a poll saw counts as told.
        let polled = [row.lastCommit, row.polledHead].compactMap { $0 }
        if let before = push.before, polled.contains(before) { return nil }
        if let after = push.after, polled.contains(after) { return nil }
        let expected: SHA1Hash?
        if let announced = facts.announced {
            guard announced.order(of: push) == .breaks else { return nil }
            expected = announced.commit
        } else {
            guard let last = row.lastCommit else { return nil }
            expected = last
        }
        return GapDetected(reason: .missedPush, ref: change.ref, expected: expected, found: push.before)
    }

    // MARK: Repositories

    private mutating func decide(_ repository: ReportedRepository, _ change: RepositoryChange) {
        for watched in facts.repositories where !watched.row.isRemoved {
            var row = watched.row
            let oldName: Locator? = if case .moved(let from) = change { from } else { nil }
            guard identify(watched, repository, alsoNamed: oldName) else {
                // A number of its own: the one that had this name before is another one, and has it no more.
                if row.locator == repository.locator, change.takesName, row.suspension?.reason != .deleted {
                    append(
                        .repositorySuspended(
                            RepositorySuspended(
                                reason: .deleted,
                                note: ProviderError.replaced(
                                    row.locator, known: row.externalID ?? 0, by: repository.externalID
                                ).message)),
                        row)
                }
                continue
            }
            switch change {
            case .created: request(watched, row)
            case .deleted: suspend(row, .deleted, "the provider reported that it was deleted")
            case .moved:
                guard row.locator != repository.locator, watched.isNameFree else { continue }
                append(
                    .repositoryRenamed(RepositoryRenamed(old: row.locator, new: repository.locator)), row)
                claims.append(
                    Claim(Claims.repository(row.tenant, repository.locator), eventIndex: drafts.count - 1))
                request(watched, row)
            case .visibility(let isPrivate):
                guard row.configuration.isPrivate != isPrivate else { continue }
                changeVisibility(&row, isPrivate: isPrivate)
                request(watched, row)
            case .archived: if row.suspension == nil { suspend(row, .archived, "the provider reported it archived") }
            case .unarchived:
                if row.suspension?.reason == .archived { append(.repositoryResumed(RepositoryResumed()), row) }
                request(watched, row)
            case .edited:
                guard row.configuration.branch == nil, let branch = repository.defaultBranch, branch != row.branch
                else { continue }
                request(watched, row)
            }
        }
    }

    // MARK: Installations

    private mutating func decide(_ installation: ReportedInstallation) {
        switch installation.change {
        case .deleted:
            for watched in Self.distinct(facts.installed + facts.removed + facts.added) {
                suspend(watched.row, .accessLost, "the installation through which it was read was removed")
            }
        case .suspended:
            for watched in Self.distinct(facts.installed + facts.added) {
                suspend(watched.row, .installationSuspended, "the installation through which it is read was suspended")
            }
        case .created, .resumed:
            for watched in Self.distinct(facts.installed + facts.added) { resume(watched) }
        case .changed:
            for watched in facts.removed {
                suspend(watched.row, .accessLost, "the installation does not reach it any more")
            }
            for watched in facts.added { resume(watched) }
        }
    }

    private mutating func resume(_ watched: WebhookFacts.Watched) {
        guard let reason = watched.row.suspension?.reason, reason == .accessLost || reason == .installationSuspended
        else { return }
        append(.repositoryResumed(RepositoryResumed()), watched.row)
        request(watched, watched.row)
    }

    private static func distinct(_ repositories: [WebhookFacts.Watched]) -> [WebhookFacts.Watched] {
        var seen: Set<RepositoryID> = []
        return repositories.filter { seen.insert($0.row.id).inserted }
    }

    // MARK: Parts

    /// Whether the report is about that repository; where it was known by its name alone, its number is recorded.
    private mutating func identify(
        _ watched: WebhookFacts.Watched, _ repository: ReportedRepository, alsoNamed oldName: Locator? = nil
    ) -> Bool {
        let row = watched.row
        if let externalID = row.externalID { return externalID == repository.externalID }
        guard row.locator == repository.locator || row.locator == oldName else { return false }
        append(
            .repositoryIdentified(
                RepositoryIdentified(provider: row.locator.provider, externalID: repository.externalID)), row)
        return true
    }

    private mutating func suspend(_ row: RepositoryRow, _ reason: SuspensionReason, _ note: String) {
        if let known = row.suspension?.reason, known == reason || known == .deleted { return }
        append(.repositorySuspended(RepositorySuspended(reason: reason, note: note)), row)
    }

    private mutating func changeVisibility(_ row: inout RepositoryRow, isPrivate: Bool) {
        row.configuration.isPrivate = isPrivate
        row.domain = isPrivate ? .tenant(row.tenant) : .public
        append(.repositoryVisibilityChanged(RepositoryVisibilityChanged(isPrivate: isPrivate)), row)
    }

    /// At most one job of a repository waits, however much is reported of it.
    private mutating func request(
        _ watched: WebhookFacts.Watched, _ row: RepositoryRow, _ change: ReportedRefChange? = nil
    ) {
        guard !watched.hasWaitingJob, !requested.contains(row.id) else { return }
        requested.append(row.id)
        let request = SyncRequested(reason: .webhook, ref: change?.ref, commit: change?.after)
        append(.syncRequested(request), row, correlation: .itself)
    }

    private mutating func append(_ event: Event, _ row: RepositoryRow, correlation: Reference? = nil) {
        switch event {
        case .syncRequested, .gapDetected: break
        default: changesRows = true
        }
        let report = Reference.back(drafts.count)
        drafts.append(
            EventDraft(
                event, tenant: row.tenant, domain: row.domain, repository: .position(LogPosition(row.id.rawValue)),
                correlation: correlation ?? report, causation: report))
    }
}

extension RepositoryChange {
    /// Whoever reports it has the name that it tells from here on.
    fileprivate var takesName: Bool {
        switch self {
        case .created, .moved: true
        default: false
        }
    }
}
