import EventGenerator
import Events
import Projections
import Testing

@Suite struct PolicyTests {
    private func row(_ id: UInt64, polledAt: Timestamp? = nil, changed: UInt32 = 0) -> RepositoryRow {
        var row = RepositoryRow(
            id: RepositoryID(id), tenant: TenantID(1), domain: .public,
            locator: Locator(provider: "git", source: Array("https://example.org/\(id)".utf8)),
            configuration: .init(), addedAt: Timestamp(seconds: 500))
        row.polledAt = polledAt
        row.polledPosition = polledAt == nil ? nil : LogPosition(id * 7)
        row.changedPolls = changed
        return row
    }

    /// Whatever polls found, an interval stays within its bounds, and the same row is asked at the same time.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func pollsStayWithinBounds(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let policy = PollPolicy(intervalSeconds: 3600, minimumSeconds: 300)
        let polledAt = Timestamp(seconds: 10_000)
        for _ in 0..<500 {
            let row = row(random.next() >> 20, polledAt: polledAt, changed: UInt32(random.below(40)))
            let next = try #require(policy.next(row, start: Timestamp(seconds: 0)))
            #expect(next == policy.next(row, start: Timestamp(seconds: 1)), "seed \(seed): jitter is no chance")
            let seconds = Double(next.microseconds - polledAt.microseconds) / 1e6
            #expect((300 * 0.9...3600 * 1.1).contains(seconds), "seed \(seed)")
        }
        #expect(policy.interval(row(1, polledAt: polledAt)) == 3600)
        #expect(policy.interval(row(1, polledAt: polledAt, changed: 2)) == 900)
        #expect(policy.interval(row(1, polledAt: polledAt, changed: 30)) == 300)
    }

    @Test func whatIsOverdueAtAStartIsSpread() throws {
        let policy = PollPolicy(intervalSeconds: 3600, minimumSeconds: 300, restartSpreadSeconds: 600)
        let start = Timestamp(seconds: 1_000_000)
        let times = try (1...1000).map { number in
            try #require(policy.next(row(UInt64(number), polledAt: Timestamp(seconds: 5000)), start: start))
        }
        #expect(times.allSatisfy { $0 >= start && $0 <= start.adding(seconds: 600) })
        for window in 0..<10 {
            let from = start.adding(seconds: Double(window) * 60)
            let count = times.count { $0 >= from && $0 < from.adding(seconds: 60) }
            #expect((60...140).contains(count), "of a thousand a tenth is asked in each tenth of the time")
        }
        #expect(policy.next(row(1), start: start) == Timestamp(seconds: 500), "what was never asked is asked at once")
    }

    @Test func whatIsSuspendedIsAskedRarelyOrNever() throws {
        let policy = PollPolicy(intervalSeconds: 3600, minimumSeconds: 300)
        var row = row(3, polledAt: Timestamp(seconds: 10_000), changed: 9)
        row.suspension = Suspension(reason: .accessLost, since: Timestamp(seconds: 10_000), note: "")
        let next = try #require(policy.next(row, start: Timestamp(seconds: 0)))
        #expect(next.seconds > 13_000)
        row.suspension?.reason = .deleted
        #expect(policy.next(row, start: Timestamp(seconds: 0)) == nil)
    }

    @Test func aRateLimitCostsNoAttempt() {
        let policy = RetryPolicy()
        let now = Timestamp(seconds: 1000)
        let until = now.adding(seconds: 500)
        let limited = Failure(.rateLimited, code: "rateLimited", message: "", retryAt: until)
        var times: Set<Timestamp> = []
        for job in 0..<100 as Range<UInt64> {
            guard
                case .postpone(let at) = policy.verdict(job: LogPosition(job), attempt: 5, failure: limited, now: now)
            else {
                Issue.record("a rate limit made a job give up")
                return
            }
            #expect(at > until && at < until.adding(seconds: 60))
            times.insert(at)
        }
        #expect(times.count > 90, "those who wait for the same moment do not come back in the same")
        let failure = Failure(.transient, code: "timeout", message: "")
        #expect(policy.verdict(job: LogPosition(1), attempt: 5, failure: failure, now: now) == .giveUp)
    }

    @Test func aCircuitOpensProbesAndCloses() {
        let policy = Circuit.Policy()
        var circuit = Circuit()
        var now = Timestamp(seconds: 0)
        func fail(_ id: UInt64) { circuit.record(RepositoryID(id), at: now, isFailure: true, policy: policy) }
        func admit(_ time: Timestamp) -> Bool { circuit.admit(at: time) }
        for _ in 0..<10 { fail(1) }
        #expect(admit(now), "one repository alone opens nothing")
        for id in 2...5 as ClosedRange<UInt64> { fail(id) }
        #expect(circuit.state == .open(until: now.adding(seconds: 30)))
        #expect(!admit(now.adding(seconds: 29)))
        now = now.adding(seconds: 30)
        #expect(admit(now))
        #expect(!admit(now), "one attempt probes")
        fail(9)
        #expect(circuit.state == .open(until: now.adding(seconds: 60)), "twice as long")
        now = now.adding(seconds: 60)
        #expect(admit(now))
        circuit.release(at: now)
        #expect(admit(now), "an attempt that told nothing leaves the probe to the next")
        circuit.record(RepositoryID(9), at: now, isFailure: false, policy: policy)
        #expect(circuit == Circuit())
    }

    @Test func hostsOfLocators() {
        func host(_ provider: String, _ source: String) -> String? {
            Circuit.host(of: Locator(provider: provider, source: Array(source.utf8)))
        }
        #expect(host("git", "https://example.org:8443/a/b.git") == "git:example.org:8443")
        #expect(host("git", "https://user@example.org/a") == "git:example.org")
        #expect(host("github", "owner/name") == "github")
        #expect(host("dir", "/srv/code") == nil)
    }
}
