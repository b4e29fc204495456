import EventLog
import Events
import Ingest
import Projections
import ProviderKit
import Queries
import State
import Synchronization
import Testing

@Suite("work that a limit holds back", .timeLimit(.minutes(3)))
struct PauseTests {
    private func count(_ harness: HubHarness) throws -> UInt64 { try harness.log.count }

    private func pause(_ harness: HubHarness, _ quota: String = "token", seconds: Double, forPollsAlone: Bool = false)
        -> Timestamp
    {
        let until = harness.clock.now.adding(seconds: seconds)
        harness.hub.state.withLock { $0.pauses[quota] = (until, forPollsAlone) }
        return until
    }

    @Test("waits without being started, writes nothing into the log meanwhile, and status says until when")
    func held() async throws {
        try await HubHarness.run { harness in
            var ids: [RepositoryID] = []
            for number in 0..<40 {
                let id = try await harness.add("owner/r\(number)", externalID: UInt64(number))
                _ = try await harness.engine.sync(id)
                ids.append(id)
            }
            // Behind all of them, and read with another credential.
            let other = try await harness.add("other/name", externalID: 99)
            harness.hub.state.withLock { $0.quotas[Array("other/name".utf8)] = "another" }
            _ = try await harness.engine.sync(other)
            let until = pause(harness, seconds: 1800)
            for number in 0..<40 {
                harness.hub.set("owner/r\(number)", externalID: UInt64(number), at: 1)
                try await harness.push("owner/r\(number)", externalID: UInt64(number), from: 0, to: 1)
            }
            harness.hub.set("other/name", externalID: 99, at: 1)
            try await harness.push("other/name", externalID: 99, from: 0, to: 1)
            let before = try count(harness)
            try await harness.withScheduler({ $0.jobsPerTenant = 8 }) { scheduler in
                try await harness.pass(seconds: 1700, scheduler)
                #expect(try harness.row(other).lastCommit == FakeHub.commit(1), "what is held back hides nothing")
                let written = try count(harness) - before
                // The other one's sync, and its poll.
                #expect(written <= 12, "\(written) events while nothing could be done")
                #expect(scheduler.status.pauses == [LimitPause(limit: "token", until: until)])
                let now = harness.clock.now
                let status = try harness.queries().status(at: now) { row, reason in
                    harness.hub.pause(of: row.quota, for: reason, at: now)
                }
                let waiting = status.flatMap(\.waiting)
                #expect(waiting.count == 40)
                #expect(waiting.allSatisfy { $0.at == until && $0.cause.name == "rateLimited" })
                try await harness.pass(seconds: 200, scheduler)
                try await harness.settle(scheduler)
            }
            #expect(try ids.allSatisfy { try harness.row($0).lastCommit == FakeHub.commit(1) })
            #expect(try harness.count(.syncFailed) == 0)
        }
    }

    @Test("what is asked for may use what is kept from polls")
    func reserve() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            _ = pause(harness, seconds: 7200, forPollsAlone: true)
            let before = try count(harness)
            try await harness.withScheduler({ $0.rescanSeconds = 1e6 }) { scheduler in
                try await harness.pass(seconds: 5400, scheduler)
                #expect(try count(harness) == before, "a poll was due, and nothing was begun")
                harness.hub.set("owner/name", externalID: 7, at: 1)
                try await harness.push("owner/name", externalID: 7, from: 0, to: 1)
                try await harness.settle(scheduler)
                #expect(try harness.row(id).lastCommit == FakeHub.commit(1))
            }
        }
    }

    @Test("another credential ends the wait of those that it reads")
    func replaced() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            _ = try await harness.engine.sync(id)
            _ = pause(harness, seconds: 7200)
            harness.hub.set("owner/name", externalID: 7, at: 1)
            try await harness.push("owner/name", externalID: 7, from: 0, to: 1)
            try await harness.withScheduler { scheduler in
                try await harness.settle(scheduler)
                #expect(try harness.row(id).lastCommit == FakeHub.commit(0))
                harness.hub.state.withLock { $0.quotas[Array("owner/name".utf8)] = "another" }
                try await harness.pass(seconds: 120, scheduler)
                #expect(try harness.row(id).lastCommit == FakeHub.commit(1))
            }
        }
    }

    @Test("a pause ends when its time has come, not with an answer to something else")
    func answers() async throws {
        try await HubHarness.run { harness in
            let id = try await harness.add("owner/name", externalID: 7)
            let other = try await harness.add("owner/other", externalID: 8)
            let until = harness.clock.now.adding(seconds: 600)
            harness.hub.fail(
                "owner/name", with: ProviderError(.rateLimited, .rateLimited, "wait", retryAt: until, quota: "token"))
            await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
            _ = try await harness.engine.sync(other)
            #expect(try harness.state.read { try $0.rateLimits() }.map(\.retryAt) == [until])
            harness.clock.advance(seconds: 601)
            _ = try await harness.engine.sync(other)
            #expect(try harness.state.read { try $0.rateLimits() }.map(\.retryAt) == [nil])
        }
    }
}
