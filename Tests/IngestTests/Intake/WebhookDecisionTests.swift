import EventLog
import Events
import Projections
import ProviderKit
import State
import Testing

@testable import Ingest

/// Given what is known, when a report comes, then these events follow.
@Suite("what follows from a report")
struct WebhookDecisionTests {
    static let name = Locator(provider: "hub", source: Array("owner/name".utf8))
    static let newName = Locator(provider: "hub", source: Array("owner/new".utf8))
    static let main = Array("refs/heads/main".utf8)
    let reported = ReportedRepository(
        externalID: 7, locator: Self.name, isPrivate: true, defaultBranch: Array("main".utf8))

    private static func commit(_ number: UInt8) -> SHA1Hash {
        SHA1Hash([UInt8](repeating: number, count: SHA1Hash.byteCount)) ?? .zero
    }

    private func row(
        externalID: UInt64? = 7, at commit: UInt8? = 1, isPrivate: Bool = true, tenant: UInt32 = 1
    ) -> RepositoryRow {
        var row = RepositoryRow(
            id: RepositoryID(10), tenant: TenantID(tenant), domain: isPrivate ? .tenant(TenantID(tenant)) : .public,
            locator: Self.name, configuration: RepositoryConfiguration(isPrivate: isPrivate),
            addedAt: Timestamp(seconds: 1))
        row.externalID = externalID
        row.branch = Array("main".utf8)
        row.lastCommit = commit.map { Self.commit($0) }
        row.polledHead = row.lastCommit
        return row
    }

    /// The ref was at the first commit, and then each push was announced.
    private func announced(_ commit: UInt8, then pushes: (UInt8, UInt8)...) -> RefRow {
        var chain = PushChain(before: nil, after: Self.commit(commit))
        for (before, after) in pushes { chain.take(before: Self.commit(before), after: Self.commit(after)) }
        return RefRow(ref: Self.main, chain: chain, position: LogPosition(5), at: Timestamp(seconds: 5))
    }

    private func push(
        _ before: UInt8?, _ after: UInt8?, ref: [UInt8] = Self.main, isForced: Bool = false,
        of repository: ReportedRepository? = nil
    ) -> WebhookReport.Content {
        .ref(
            ReportedRefChange(
                repository: repository ?? reported, ref: ref, before: before.map { Self.commit($0) },
                after: after.map { Self.commit($0) }, isForced: isForced))
    }

    private func decide(_ content: WebhookReport.Content, _ facts: WebhookFacts) -> [Event] {
        decision(content, facts).drafts.dropFirst().map(\.event)
    }

    private func decision(_ content: WebhookReport.Content, _ facts: WebhookFacts) -> WebhookDecision {
        let event = WebhookReceived(provider: "hub", delivery: "d", event: "e", bodyHash: .zero, bodySize: 1)
        return WebhookDecision(event, WebhookReport(delivery: "d", event: "e", content: content), facts)
    }

    private func facts(
        _ row: RepositoryRow, _ announced: RefRow? = nil, _ change: (inout WebhookFacts.Watched) -> Void = { _ in }
    ) -> WebhookFacts {
        var watched = WebhookFacts.Watched(row: row)
        change(&watched)
        return WebhookFacts(repositories: [watched], announced: announced)
    }

    /// Erasing one tenant must not make what another one was told unreadable, and who is not known cannot be erased.
    @Test("a report is sealed for the one tenant that it concerns, and stays in clear where that is none or two")
    func whoseKeySeals() {
        func sealedFor(_ facts: WebhookFacts) -> TenantID? { decision(push(1, 2), facts).drafts.first?.sealedFor }
        let (first, second) = (WebhookFacts.Watched(row: row()), WebhookFacts.Watched(row: row(tenant: 2)))
        #expect(sealedFor(WebhookFacts()) == TenantID.none)
        #expect(sealedFor(WebhookFacts(repositories: [first])) == TenantID(1))
        #expect(sealedFor(WebhookFacts(repositories: [first, first])) == TenantID(1))
        #expect(sealedFor(WebhookFacts(repositories: [first, second])) == TenantID.none)
        #expect(sealedFor(WebhookFacts(repositories: [first], installers: [TenantID(2)])) == TenantID.none)
        #expect(sealedFor(WebhookFacts(installers: [TenantID(2)])) == TenantID(2))
        // Their own events are each one's own, whoever else was told.
        let drafts = decision(push(1, 2), WebhookFacts(repositories: [first, second])).drafts.dropFirst()
        #expect(!drafts.isEmpty)
        for draft in drafts { #expect(draft.sealedFor == draft.tenant && draft.tenant != .none) }
    }

    private func request(_ after: UInt8?) -> Event {
        .syncRequested(SyncRequested(reason: .webhook, ref: Self.main, commit: after.map { Self.commit($0) }))
    }

    @Test("a push asks for one sync, and further ones wait for the same")
    func coalescing() throws {
        let first = decision(push(1, 2), facts(row()))
        #expect(first.drafts.map(\.event.kind) == [.webhookReceived, .syncRequested])
        let job = try #require(first.drafts.last)
        #expect(job.event == request(2))
        #expect((job.correlation, job.causation) == (.itself, .back(1)), "a job's story begins with it")
        #expect((job.tenant, job.repository) == (TenantID(1), .position(LogPosition(10))))
        #expect(decide(push(1, 2), facts(row()) { $0.hasWaitingJob = true }) == [])
        // One that is under way may have asked before this was pushed.
        #expect(decide(push(1, 2), facts(row()) { $0.isSyncing = true }) == [request(2)])
        #expect(decide(push(1, 2), WebhookFacts()) == [], "what nobody watches is recorded and left alone")
    }

    @Test("each push has to begin where the last one ended")
    func gaps() {
        func gap(_ expected: UInt8, _ found: UInt8) -> Event {
            .gapDetected(
                GapDetected(
                    reason: .missedPush, ref: Self.main, expected: Self.commit(expected), found: Self.commit(found)))
        }
        #expect(decide(push(2, 3), facts(row())) == [gap(1, 2), request(3)])
        #expect(decide(push(3, 4), facts(row(), announced(2))) == [gap(2, 3), request(4)])
        #expect(decide(push(2, 3), facts(row(), announced(2))) == [request(3)])
        #expect(decide(push(2, 9, isForced: true), facts(row(), announced(2))) == [request(9)])
        // A poll saw more than webhooks told.
        #expect(decide(push(1, 2), facts(row(at: 1), announced(8))) == [request(2)])
        // The one that was missing comes late.
        #expect(decide(push(2, 3), facts(row(), announced(2, then: (3, 4)))) == [request(3)])
        // So do all of several, in any order, and one that two hooks tell.
        let broken = announced(2, then: (3, 4), (5, 6), (7, 8))
        for (before, after) in [(2, 3), (4, 5), (6, 7), (3, 4), (5, 6)] as [(UInt8, UInt8)] {
            #expect(decide(push(before, after), facts(row(), broken)) == [request(after)], "\(before) to \(after)")
        }
        #expect(decide(push(9, 10), facts(row(), broken)) == [gap(8, 9), request(10)])
        #expect(
            decide(push(3, 4), facts(row(), announced(2)) { $0.hasWaitingJob = true }) == [gap(2, 3)],
            "a gap is recorded though a job waits already")
    }

    @Test("what is here already asks for nothing, unless something is missing")
    func known() {
        #expect(decide(push(1, 2), facts(row(at: 2))) == [])
        #expect(decide(push(1, 2), facts(row(at: 2)) { $0.hasOpenGap = true }) == [request(2)])
        #expect(decide(push(1, 2), facts(row(at: 2)) { $0.isSyncing = true }) == [request(2)])
        #expect(decide(push(1, nil), facts(row(at: 1))) == [request(nil)], "a deleted branch is looked at")
        #expect(decide(push(1, 2, ref: Array("refs/heads/other".utf8)), facts(row())) == [])
        #expect(decide(push(1, 2, ref: Array("refs/tags/main".utf8)), facts(row())) == [])
    }

    @Test("a repository is known by its number, whatever it is called")
    func identity() {
        var other = reported
        other.externalID = 8
        #expect(decide(push(1, 2, of: other), facts(row())) == [], "another one under the same name")
        let identified = Event.repositoryIdentified(RepositoryIdentified(provider: "hub", externalID: 7))
        #expect(decide(push(1, 2), facts(row(externalID: nil))) == [identified, request(2)])

        var moved = reported
        moved.locator = Self.newName
        let rename = WebhookReport.Content.repository(moved, .moved(from: Self.name))
        let renamed = Event.repositoryRenamed(RepositoryRenamed(old: Self.name, new: Self.newName))
        let plain = Event.syncRequested(SyncRequested(reason: .webhook))
        #expect(decide(rename, facts(row())) == [renamed, plain])
        #expect(decide(rename, facts(row(externalID: nil))) == [identified, renamed, plain])
        #expect(decide(rename, facts(row()) { $0.isNameFree = false }) == [])
        let claims = decision(rename, facts(row())).claims
        #expect(claims == [Claim(Claims.repository(TenantID(1), Self.newName), eventIndex: 1)])

        let created = decide(.repository(other, .created), facts(row()))
        guard case .repositorySuspended(let suspended) = created.first, created.count == 1 else {
            Issue.record("\(created)")
            return
        }
        #expect(suspended.reason == .deleted)
        guard case .repositorySuspended(let deleted) = decide(.repository(reported, .deleted), facts(row())).first
        else {
            Issue.record("a deleted repository is not suspended")
            return
        }
        #expect(deleted.reason == .deleted)
    }

    @Test("content follows what the provider lets anybody read, and a late report never opens what was closed")
    func visibility() throws {
        let publicized = decision(.repository(reported, .visibility(isPrivate: false)), facts(row()))
        #expect(
            publicized.drafts.map(\.event.kind) == [.webhookReceived, .repositoryVisibilityChanged, .syncRequested])
        #expect(publicized.drafts.dropFirst().allSatisfy { $0.domain == .public })
        let privatized = decision(
            .repository(reported, .visibility(isPrivate: true)), facts(row(isPrivate: false)))
        #expect(privatized.drafts.dropFirst().allSatisfy { $0.domain == .tenant(TenantID(1)) })
        #expect(privatized.drafts.count == 3)

        var claimsPublic = reported
        claimsPublic.isPrivate = false
        #expect(decide(push(1, 2, of: claimsPublic), facts(row())) == [request(2)])
        let closing = decide(push(1, 2), facts(row(isPrivate: false)))
        #expect(
            closing == [.repositoryVisibilityChanged(RepositoryVisibilityChanged(isPrivate: true)), request(2)])
    }

    @Test("what is read through an installation ends and begins with it")
    func installations() {
        func report(_ change: ReportedInstallation.Change) -> WebhookReport.Content {
            .installation(ReportedInstallation(id: 3, account: "owner", change: change))
        }
        let watched = WebhookFacts.Watched(row: row())
        let known = WebhookFacts(installed: [watched, watched])
        func reasons(_ events: [Event]) -> [SuspensionReason] {
            events.compactMap { if case .repositorySuspended(let event) = $0 { event.reason } else { nil } }
        }
        #expect(reasons(decide(report(.suspended), known)) == [.installationSuspended])
        #expect(reasons(decide(report(.deleted), known)) == [.accessLost])
        #expect(reasons(decide(report(.changed), WebhookFacts(removed: [watched]))) == [.accessLost])
        var suspended = watched
        suspended.row.suspension = Suspension(reason: .installationSuspended, since: Timestamp(seconds: 1), note: "")
        let plain = Event.syncRequested(SyncRequested(reason: .webhook))
        let resumed = Event.repositoryResumed(RepositoryResumed())
        #expect(decide(report(.resumed), WebhookFacts(installed: [suspended])) == [resumed, plain])
        #expect(decide(report(.changed), WebhookFacts(added: [suspended])) == [resumed, plain])
        #expect(decide(report(.resumed), known) == [])
    }
}
