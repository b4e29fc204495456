import EventLog
import Events
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Queries
import State
import Synchronization
import Testing

@Suite("work that is due", .timeLimit(.minutes(3)))
struct SchedulerTests {
    @Test("a thousand pushes in ten seconds end in a handful of syncs and the right commit")
    func thousandPushes() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            try await harness.withScheduler { scheduler in
                try await harness.eventually("the first sync") { try harness.row(id).lastCommit != nil }
                for number in 0..<1000 {
                    harness.hub.set("owner/name", externalID: 7, at: number + 1)
                    try await harness.push("owner/name", externalID: 7, from: number, to: number + 1)
                    harness.clock.advance(seconds: 0.01)
                }
                try await harness.pass(seconds: 30, scheduler)
                try await harness.settle(scheduler)
            }
            #expect(try harness.row(id).lastCommit == FakeHub.commit(1000))
            #expect(try harness.count(.webhookReceived) == 1000)
            #expect(try harness.count(.syncCompleted) <= 6)
            #expect(try harness.count(.gapDetected) == 0)
            #expect(try harness.state.read { try $0.jobs() } == [])
        }
    }

    @Test("a lost push is a gap that is named while it is open and closed by the sync that brings it")
    func lostPush() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            harness.hub.set("owner/name", externalID: 7, at: 3)
            try await harness.push("owner/name", externalID: 7, from: 0, to: 1)
            try await harness.push("owner/name", externalID: 7, from: 2, to: 3)
            let open = try harness.state.read { try $0.gaps(of: id) }
            #expect(open.map(\.gap.reason) == [.missedPush])
            #expect(open.first?.gap.expected == FakeHub.commit(1) && open.first?.gap.found == FakeHub.commit(2))
            // Late, and no new gap.
            try await harness.push("owner/name", externalID: 7, from: 1, to: 2)
            #expect(try harness.count(.gapDetected) == 1)
            try await harness.withScheduler { scheduler in
                try await harness.eventually("the gap closes") { try harness.state.read { try $0.gaps() }.isEmpty }
            }
            let closed = try #require(try harness.events(.gapClosed).first)
            #expect(
                closed.event
                    == .gapClosed(GapClosed(gap: try #require(open.first?.position), commit: FakeHub.commit(3))))
            #expect(try harness.row(id).lastCommit == FakeHub.commit(3))
        }
    }

    @Test("polls adapt, find what no webhook told, and follow names, visibility and deletion")
    func polls() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            // Nothing is added meanwhile; each look for it would stop the clock.
            try await harness.withScheduler({ $0.rescanSeconds = 1e6 }) { scheduler in
                try await harness.pass(seconds: 24 * 3600, scheduler)
                #expect((21...28).contains(harness.hub.heads(of: "owner/name")), "hourly where nothing changes")
                #expect(try harness.row(id).externalID == 7)
                try await harness.push("owner/name", externalID: 7, from: 0, to: 0)

                harness.hub.set("owner/name", externalID: 7, at: 5)
                try await harness.pass(seconds: 2 * 3600, scheduler)
                let gap = try #require(try harness.events(.gapDetected).first)
                #expect(
                    gap.event
                        == .gapDetected(
                            GapDetected(
                                reason: .missedWebhook, ref: Array("refs/heads/main".utf8), expected: FakeHub.commit(0),
                                found: FakeHub.commit(5))))
                #expect(try harness.count(.gapClosed) == 1)
                #expect(try harness.row(id).lastCommit == FakeHub.commit(5))

                harness.hub.state.withLock { state in
                    state.repositories[Array("owner/new".utf8)] = state.repositories.removeValue(
                        forKey: Array("owner/name".utf8))
                    state.repositories[Array("owner/new".utf8)]?.isPrivate = false
                }
                try await harness.pass(seconds: 2 * 3600, scheduler)
                let row = try harness.row(id)
                #expect(row.locator == FakeHub.locator("owner/new") && row.domain == .public)
                let moved = try #require(try harness.events(.syncCompleted).last)
                #expect(moved.header.domain == .public)

                harness.hub.fail("owner/new", with: ProviderError.permanent(.notFound, "gone"))
                try await harness.pass(seconds: 5 * 3600, scheduler)
                #expect(try harness.row(id).suspension?.reason == .accessLost)
                #expect(try harness.row(id).lastCommit == FakeHub.commit(5), "what is known of it stays")
                #expect(try harness.count(.repositorySuspended) == 1)
                #expect(try harness.state.read { try $0.jobs() } == [])
                harness.hub.fail("owner/new", with: nil)
                try await harness.pass(seconds: 2 * 3600, scheduler)
                #expect(try harness.row(id).suspension == nil)
            }
        }
    }

    @Test("another repository under the same name is never taken for the one that is watched")
    func recreated() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            harness.hub.set("owner/name", externalID: 8, at: 9)
            await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
            let row = try harness.row(id)
            #expect(row.suspension?.reason == .deleted && row.lastCommit == FakeHub.commit(0) && row.externalID == 7)
            let note = row.suspension?.note ?? ""
            #expect(note.contains("`ingestor repo add hub:owner/name`") && note.contains("hub:owner/name#7"))
            // What the note says to do.
            let added = try await harness.engine.addRepository(
                FakeHub.locator("owner/name"), configuration: RepositoryConfiguration(), tenant: row.tenant)
            #expect(try await harness.engine.sync(added.id).commit == FakeHub.commit(9))
            #expect(try harness.row(added.id).externalID == 8)
            let old = try #require(try harness.queries().repository(FakeHub.locator("owner/name#7")))
            #expect(old.id == id && old.suspension?.reason == .deleted)
            #expect(try harness.queries().view(of: old).sync.commit == FakeHub.commit(0), "its history stays")
            #expect(try harness.queries().repository(FakeHub.locator("owner/name"))?.id == added.id)
            // A webhook of the new one is its own.
            harness.hub.set("owner/name", externalID: 8, at: 10)
            try await harness.push("owner/name", externalID: 8, from: 9, to: 10)
            #expect(try harness.state.read { try $0.jobs() }.map(\.repository) == [added.id])
        }
    }

    @Test("what is made private while it is read is not recorded as public")
    func privatizedMeanwhile() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            harness.hub.state.withLock { $0.repositories[Array("owner/name".utf8)]?.isPrivate = false }
            harness.hub.hold()
            async let attempt = harness.engine.sync(id)
            try await harness.eventually("a sync begins") { harness.hub.state.withLock { !$0.held.isEmpty } }
            #expect(try harness.row(id).domain == .public)
            let repository = ReportedRepository(externalID: 7, locator: FakeHub.locator("owner/name"))
            try await harness.report(
                .repository(repository, .visibility(isPrivate: true)), delivery: "privatized", event: "repository")
            harness.hub.state.withLock { $0.repositories[Array("owner/name".utf8)]?.isPrivate = true }
            harness.hub.release()
            do {
                _ = try await attempt
                Issue.record("a sync ended in a domain that its source had left")
            } catch let error as IngestError {
                #expect(error.failure?.code == "moved")
            }
            #expect(try harness.count(.syncCompleted) == 0)
            _ = try await harness.engine.sync(id)
            #expect(try harness.events(.syncCompleted).map(\.header.domain) == [.tenant(try harness.row(id).tenant)])
        }
    }

    @Test("polls of what fails for good tell it once")
    func permanentFailure() async throws {
        try await HubHarness.run { harness in
            _ = try await harness.add("owner/name", externalID: 7)
            harness.hub.fail("", with: ProviderError.permanent(.unsupported, "of a kind that cannot be read"))
            try await harness.withScheduler({ $0.rescanSeconds = 1e6 }) { scheduler in
                try await harness.pass(seconds: 6 * 3600, scheduler)
            }
            #expect(harness.hub.heads(of: "owner/name") >= 5)
            #expect(try harness.state.read { try $0.jobs() }.map(\.state) == [.deadLettered])
        }
    }

    @Test(
        "a dead letter ends once its repository is complete, and its story says so; a forced one once all was read again"
    )
    func resolved() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            let error = ProviderError.permanent(.unsupported, "of a kind that cannot be read")
            harness.hub.fail("owner/name", with: error)
            await #expect(throws: IngestError.self) { try await harness.engine.sync(id, reason: .forced) }
            await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
            let letters = try harness.queries().deadLetters()
            #expect(letters.map(\.reason) == [.forced, .command])
            harness.hub.fail("owner/name", with: nil)
            _ = try await harness.engine.sync(id)
            #expect(try harness.queries().deadLetters().map(\.reason) == [.forced])
            let letter = try #require(letters.last)
            let story = try harness.queries().explain(.position(letter.id)).events
            let dropped = try #require(story.last { $0.event.kind == .jobDropped })
            #expect(dropped.event == .jobDropped(JobDropped(job: letter.id, reason: .completed)))
            #expect(dropped.header.correlation == letter.id)
            let cause = try #require(dropped.header.causation)
            #expect(try harness.log.read { try $0.envelope(at: cause) }?.event.kind == .syncCompleted)
            _ = try await harness.engine.sync(id, reason: .forced)
            #expect(try harness.queries().deadLetters() == [])
        }
    }

    @Test("an attempt whose process was lost is taken up, and a job that always ends so is given up")
    func restart() async throws {
        try await withTemporaryFolder { folder in
            let (hub, clock) = (FakeHub(), ManualClock())
            try await HubHarness.open(in: folder, hub: hub, clock: clock) { harness in
                let id = try await harness.add("owner/name", externalID: 7)
                // What a process that is lost leaves behind.
                _ = try await harness.push("owner/name", externalID: 7, from: 0, to: 1)
                let job = try #require(try harness.state.read { try $0.jobs(of: id) }.first)
                try await harness.append(.syncStarted(SyncStarted(attempt: 1, fromCommit: nil)), of: id, job: job.id)
                let other = try await harness.add("owner/other", externalID: 8)
                _ = try await harness.push("owner/other", externalID: 8, from: 0, to: 1)
                let lost = try #require(try harness.state.read { try $0.jobs(of: other) }.first)
                try await harness.append(
                    .syncStarted(SyncStarted(attempt: 5, fromCommit: nil)), of: other, job: lost.id)
            }
            try await HubHarness.open(in: folder, hub: hub, clock: clock) { harness in
                try await harness.withScheduler { scheduler in
                    try await harness.settle(scheduler)
                }
                #expect(try harness.state.read { try $0.jobs() }.map(\.state) == [.deadLettered])
                #expect(try harness.state.read { try $0.deadLetters() }.first?.failure?.failure.code == "interrupted")
                #expect(hub.heads(of: "owner/name") == 1)
                let started = try harness.events(.syncStarted).compactMap { envelope -> UInt32? in
                    if case .syncStarted(let event) = envelope.event { event.attempt } else { nil }
                }
                #expect(started == [1, 5, 2])
            }
        }
    }

    @Test("work that is under way when the scheduler is ended is parked, and costs no attempt")
    func parked() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            harness.hub.hold()
            try await harness.withScheduler { scheduler in
                try await harness.eventually("a sync begins") { harness.hub.state.withLock { !$0.held.isEmpty } }
                // Ends once the source lets go, which it does after the scheduler was told to.
                Task.detached {
                    try await Task.sleep(for: .milliseconds(50))
                    harness.hub.release()
                }
            }
            let job = try #require(try harness.state.read { try $0.jobs(of: id) }.first)
            #expect(job.state == .waiting && job.attempts == 0 && job.nextAttemptAt == harness.clock.now)
            #expect(try harness.count(.syncFailed) == 0)
            try await harness.withScheduler { scheduler in try await harness.settle(scheduler) }
            #expect(try harness.row(id).lastCommit == FakeHub.commit(0))
        }
    }

    @Test("a host that keeps failing is left alone, and found again")
    func circuit() async throws {
        try await HubHarness.run { harness in
            for number in 0..<40 as Range<UInt64> {
                _ = try await harness.add("owner/r\(number)", externalID: number)
            }
            harness.hub.fail("", with: ProviderError.transient(.serverError, "something is wrong"))
            try await harness.withScheduler { scheduler in
                try await harness.settle(scheduler)
                #expect(harness.hub.state.withLock { $0.heads.count } < 12, "nine hosts in ten are not even asked")
                #expect(scheduler.status.circuits.map(\.host) == ["hub"])
                // Whoever asks, in whatever process, works the same out of the log.
                #expect(try harness.queries().circuits() == scheduler.status.circuits)
                try await harness.pass(seconds: 600, scheduler)
                #expect(harness.hub.state.withLock { $0.heads.count } < 20)
                #expect(try harness.queries().circuits() == scheduler.status.circuits)
                let status = try harness.queries().status(at: harness.clock.now)
                #expect(status.allSatisfy { $0.circuit?.host == "hub" })
                #expect(status.flatMap(\.waiting).contains { $0.cause.name == "circuitOpen" })
            }
            let open = try harness.queries().circuits()
            #expect(open.map(\.host) == ["hub"], "after the process too")
            #expect(try harness.queries("other").circuits() == [], "and nobody is told of another tenant's hosts")
            try await harness.withScheduler { scheduler in
                try await harness.settle(scheduler)
                #expect(scheduler.status.circuits == open, "the next one goes on with it")
                harness.hub.fail("", with: nil)
                try await harness.pass(seconds: 3600, scheduler)
                #expect(scheduler.status.circuits == [])
            }
            let rows = try harness.state.read { try $0.repositories() }
            #expect(rows.allSatisfy { $0.lastCommit == FakeHub.commit(0) })
        }
    }

    @Test("a rate limit is waited for, and costs no attempt")
    func rateLimit() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            harness.hub.set("owner/name", externalID: 7, at: 1)
            let until = harness.clock.now.adding(seconds: 1800)
            harness.hub.fail(
                "", with: ProviderError(.rateLimited, .rateLimited, "too many requests", retryAt: until))
            try await harness.withScheduler { scheduler in
                try await harness.push("owner/name", externalID: 7, from: 0, to: 1)
                try await harness.settle(scheduler)
                let limits = try harness.state.read { try $0.rateLimits() }
                #expect(limits.map(\.quota) == ["token"] && limits.first?.retryAt == until)
                #expect(try harness.state.read { try $0.jobs() }.first?.attempts == 0)
                let asked = harness.hub.heads(of: "owner/name")
                try await harness.pass(seconds: 1700, scheduler)
                #expect(harness.hub.heads(of: "owner/name") == asked, "work waits rather than burns")
                harness.hub.fail("", with: nil)
                try await harness.pass(seconds: 200, scheduler)
            }
            #expect(try harness.row(id).lastCommit == FakeHub.commit(1))
            #expect(try harness.state.read { try $0.rateLimits() }.first?.retryAt == nil)
        }
    }

    @Test("tenants take turns: a single repository does not wait for another tenant's hundred")
    func fairness() async throws {
        try await HubHarness.run({ $0.concurrency = 1 }) { harness in
            for number in 0..<100 as Range<UInt64> {
                _ = try await harness.add("large/r\(number)", externalID: number, tenant: "large")
            }
            _ = try await harness.add("small/only", externalID: 1000, tenant: "small")
            try await harness.withScheduler { scheduler in
                try await harness.eventually("all are synced") { try harness.count(.syncCompleted) == 101 }
            }
            let order = harness.hub.state.withLock { $0.heads.map { String(decoding: $0.source, as: UTF8.self) } }
            #expect(try #require(order.firstIndex(of: "small/only")) < 3)
        }
    }

    @Test("what a provider reported and never arrived is asked for again")
    func audit() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            harness.hub.set("owner/name", externalID: 7, at: 1)
            let audit = FakeAudit(deliveries: [
                ReportedDelivery(
                    id: 1, delivery: "lost", deliveredAt: harness.clock.now, succeeded: false, event: "push"),
                ReportedDelivery(
                    id: 2, delivery: "here", deliveredAt: harness.clock.now, succeeded: true, event: "push"),
            ])
            try await harness.push("owner/name", externalID: 7, from: 0, to: 0, delivery: "here")
            try await harness.withScheduler(audits: [audit]) { scheduler in
                try await harness.pass(seconds: 1000, scheduler)
                #expect(audit.asked.withLock { $0 } == [1])
                #expect(try harness.state.read { try $0.gaps() }.map(\.gap.delivery) == ["lost"])
                try await harness.push("owner/name", externalID: 7, from: 0, to: 1, delivery: "lost")
                #expect(try harness.state.read { try $0.gaps() } == [])
                try await harness.pass(seconds: 1000, scheduler)
                #expect(audit.asked.withLock { $0 } == [1])
            }
            #expect(try harness.row(id).lastCommit == FakeHub.commit(1))
        }
    }

    @Test("that deliveries cannot be compared is said once, and so is that they can again")
    func auditChanged() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            try await harness.push("owner/name", externalID: 7, from: 0, to: 0)
            let audit = FakeAudit(deliveries: [])
            let said = Mutex<[String]>([])
            let refusal = ProviderError.permanent(.forbidden, "the App's key is refused")
            audit.failure.withLock { $0 = refusal }
            try await harness.withScheduler(
                { options in
                    options.auditChanged = { provider, failure in
                        said.withLock { $0.append("\(provider): \(failure ?? "works")") }
                    }
                }, audits: [audit]
            ) { scheduler in
                try await harness.pass(seconds: 2000, scheduler)
                #expect(audit.count.withLock { $0 } > 2, "it is tried again and again")
                #expect(said.withLock { $0 } == ["hub: the App's key is refused"])
                #expect(scheduler.status.auditFailures == ["hub": "the App's key is refused"])
                // Until a limit is over nobody asks, and it is the same failure still.
                let waiting = ProviderError(
                    .rateLimited, .rateLimited, "wait", retryAt: harness.clock.now.adding(seconds: 5000))
                audit.failure.withLock { $0 = waiting }
                try await harness.pass(seconds: 1000, scheduler)
                let count = audit.count.withLock { $0 }
                try await harness.pass(seconds: 3000, scheduler)
                #expect(audit.count.withLock { $0 } == count)
                audit.failure.withLock { $0 = nil }
                try await harness.pass(seconds: 3000, scheduler)
                #expect(said.withLock { $0 } == ["hub: the App's key is refused", "hub: works"])
                #expect(scheduler.status.auditFailures.isEmpty)
            }
        }
    }
}

private final class FakeAudit: DeliveryAudit, Sendable {
    let windowSeconds = 3 * 86_400.0
    let provider = "hub"
    let known: [ReportedDelivery]
    let asked = Mutex<[UInt64]>([])
    /// How often the list was wanted, and what stands in its way.
    let count = Mutex(0)
    let failure = Mutex<ProviderError?>(nil)

    init(deliveries: [ReportedDelivery]) { known = deliveries }

    func deliveries(since: Timestamp) async throws -> [ReportedDelivery] {
        count.withLock { $0 += 1 }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return known.filter { $0.deliveredAt >= since }
    }

    func redeliver(_ delivery: ReportedDelivery) async throws { asked.withLock { $0.append(delivery.id) } }
}
