import Curl
import Events
import GitHubSimulator
import ProviderKit
import TestSupport
import Testing

@testable import GitHub

@Suite("Quota")
struct QuotaTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func limit(_ remaining: UInt64, resetIn seconds: Int64 = 600, of limit: UInt64 = 100) -> RateLimit {
        RateLimit(limit: limit, remaining: remaining, resetAt: Timestamp(seconds: 1_700_000_000 + seconds))
    }

    @Test("work that is not urgent leaves a reserve, urgent work uses it up, and a new window opens both")
    func reserve() {
        var account = QuotaAccount()
        let limits = QuotaLimits()
        account.learn(limit(11))
        #expect(account.reserve(points: 1, isUrgent: false, at: now, limits) == nil)
        // The one under way may cost one.
        #expect(account.reserve(points: 1, isUrgent: false, at: now, limits) == limit(0).resetAt)
        for _ in 0..<10 { #expect(account.reserve(points: 1, isUrgent: true, at: now, limits) == nil) }
        #expect(account.reserve(points: 1, isUrgent: true, at: now, limits) == limit(0).resetAt)
        #expect(account.reserve(points: 1, isUrgent: false, at: limit(0).resetAt, limits) == nil)
    }

    @Test("answers that overtake each other do not raise what is left", arguments: [UInt64(1), 2, 3])
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var account = QuotaAccount()
        for remaining in (UInt64(20)...60).shuffled(using: &random) { account.learn(limit(remaining)) }
        #expect(account.rateLimit?.remaining == 20)
        account.learn(limit(99, resetIn: 4200))
        account.learn(limit(3))
        #expect(account.rateLimit?.remaining == 99)
    }

    @Test("pauses: seconds, a date, none said (doubled in a row), the past, and for ever")
    func pauses() {
        let limits = QuotaLimits()
        func pause(_ pause: QuotaAccount.Verdict.Pause, times: Int = 1) -> Double? {
            var account = QuotaAccount()
            var until: Timestamp?
            for _ in 0..<times { until = account.settle(.init(pause: pause), at: now, limits) }
            return until.map { Double($0.microseconds - now.microseconds) / 1e6 }
        }
        #expect(pause(.seconds(7)) == 7)
        #expect(pause(.until(now.adding(seconds: 90))) == 90)
        #expect(pause(.unsaid) == 60)
        #expect(pause(.unsaid, times: 3) == 240)
        #expect(pause(.unsaid, times: 50) == 3600)
        #expect(pause(.until(now.adding(seconds: -90))) == 1)
        #expect(pause(.seconds(1e12)) == 86_400)
    }

    @Test("no more requests are under way at once than GitHub allows")
    func concurrency() {
        var account = QuotaAccount()
        var limits = QuotaLimits()
        limits.pointsPerMinute = 10_000
        for _ in 0..<limits.maximumConcurrentCount {
            #expect(account.reserve(points: 1, isUrgent: true, at: now, limits) == nil)
        }
        #expect(account.reserve(points: 1, isUrgent: true, at: now, limits) != nil)
        _ = account.settle(nil, at: now, limits)
        #expect(account.reserve(points: 1, isUrgent: true, at: now, limits) == nil)
    }

    @Test("points a minute are kept to before GitHub has to say so")
    func points() {
        var account = QuotaAccount()
        let limits = QuotaLimits()
        var sent = 0
        while account.reserve(points: 1, isUrgent: true, at: now, limits) == nil {
            _ = account.settle(.init(), at: now, limits)
            sent += 1
        }
        #expect(sent == 900)
        #expect(account.reserve(points: 1, isUrgent: true, at: now.adding(seconds: 60), limits) == nil)
    }

    // MARK: With a server

    private func withHub(
        _ transport: GitHubSettings.Transport = .automatic,
        _ body: @Sendable (Hub, String, GitHubProvider) async throws -> Void
    ) async throws {
        try await Hub.with { hub in
            try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let token = hub.server.makeToken(user: "acme")
            try await body(hub, token, GitHubProvider(settings: hub.settings(transport, token: token)))
        }
    }

    @Test("with nothing left work waits for the reset, without asking")
    func primary() async throws {
        try await withHub(.rest) { hub, token, provider in
            _ = try await provider.read(hub.source("acme/widgets"))
            try hub.server.setQuota(remaining: 0, of: token, resetInSeconds: 300)
            let source = hub.source("acme/widgets", .webhook)
            // The first one learns it from GitHub.
            for _ in 0..<3 {
                let error = try await providerError { _ = try await provider.read(source) }
                #expect(error?.errorClass == .rateLimited)
                #expect(error?.retryAt == Timestamp(seconds: Hub.start + 300))
            }
            let refused = hub.server.traffic.requests.count { $0.status == 403 || $0.status == 429 }
            #expect(refused == 1)
            let status = try #require(provider.ledger.snapshot().first)
            #expect(status.name == "github:token")
            #expect(status.waitsUntil(at: Timestamp(seconds: Hub.start)) == Timestamp(seconds: Hub.start + 300))
            hub.server.advanceClock(bySeconds: 301)
            #expect(try await provider.read(source).sink.items.count == 1)
        }
    }

    @Test("a process that starts keeps to what an earlier one was told", arguments: [true, false])
    func restart(isPrimary: Bool) async throws {
        try await withHub(.rest) { hub, _, provider in
            let end = Timestamp(seconds: Hub.start + 300)
            if isPrimary {
                provider.ledger.restore("github:token", RateLimit(limit: 5000, remaining: 0, resetAt: end))
            } else {
                provider.ledger.restore("github:token", nil, pausedUntil: end)
            }
            let error = try await providerError { _ = try await provider.read(hub.source("acme/widgets", .webhook)) }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == end)
            #expect(hub.restCount == 0)
            hub.server.advanceClock(bySeconds: 301)
            #expect(try await provider.read(hub.source("acme/widgets")).sink.items.count == 1)
        }
    }

    @Test("polls leave the reserve to webhooks")
    func urgency() async throws {
        try await withHub(.rest) { hub, token, provider in
            try hub.server.setQuota(remaining: 400, of: token, resetInSeconds: 300)
            let first = try await provider.read(hub.source("acme/widgets", .webhook))
            let poll = hub.source("acme/widgets", .schedule, identity: first.identity)
            let error = try await providerError { _ = try await provider.head(poll, since: first.known) }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == Timestamp(seconds: Hub.start + 300))
            _ = try await provider.head(hub.source("acme/widgets", .webhook), since: first.known)
        }
    }

    @Test(
        "the secondary limit says how long, or does not",
        arguments: [("7", 7), ("Tue, 14 Nov 2023 22:15:20 GMT", 120), (nil, 60)] as [(String?, Int64)], [403, 429])
    func secondary(wait: (retryAfter: String?, seconds: Int64), status: Int) async throws {
        try await withHub(.rest) { hub, _, provider in
            hub.server.inject(.secondaryLimit(retryAfter: wait.retryAfter, status: status), on: [.rest], times: 1)
            let error = try await providerError { _ = try await provider.read(hub.source("acme/widgets")) }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == Timestamp(seconds: Hub.start + wait.seconds))
            // Nothing is asked before; then everything goes on.
            let count = hub.restCount
            _ = try await providerError { _ = try await provider.read(hub.source("acme/widgets")) }
            #expect(hub.restCount == count)
            hub.server.advanceClock(bySeconds: wait.seconds)
            #expect(try await provider.read(hub.source("acme/widgets")).sink.items.count == 1)
        }
    }

    @Test("Git's own limit is kept to, and is not REST's")
    func git() async throws {
        try await withHub(.git) { hub, _, provider in
            hub.server.inject(.rateLimited(retryAfterSeconds: 40), on: [.fetch], times: 1)
            let source = hub.source("acme/widgets")
            let error = try await providerError { _ = try await provider.read(source) }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == Timestamp(seconds: Hub.start + 40))
            let count = hub.server.traffic.count(of: .lsRefs)
            _ = try await providerError { _ = try await provider.read(source) }
            #expect(hub.server.traffic.count(of: .lsRefs) == count)
            #expect(provider.ledger.snapshot().first?.gitPausedUntil == error?.retryAt)
            hub.server.advanceClock(bySeconds: 40)
            #expect(try await provider.read(source).sink.items.count == 1)
        }
    }

    @Test("a sync that was stopped by a limit goes on from where it was")
    func resumed() async throws {
        try await Hub.with { hub in
            var files: [RepositoryPath: RepositoryContent] = [:]
            for index in 0..<50 { files["f\(index)"] = .text("content \(index)\n") }
            try hub.server.addRepository("acme/widgets", files: files)
            let token = hub.server.makeToken(user: "acme")
            let provider = GitHubProvider(settings: hub.settings(.rest, token: token))
            try hub.server.setQuota(remaining: 30, of: token, resetInSeconds: 60)
            let source = hub.source("acme/widgets")
            let session = try provider.session(with: source)
            let sink = MemorySink()
            let error = try await providerError {
                _ = try await session.observe(try await session.head(since: nil), known: MemoryContent(), into: sink)
            }
            #expect(error?.errorClass == .rateLimited)
            #expect(sink.contents.count >= 25)
            hub.server.advanceClock(bySeconds: 61)
            let rest = try await provider.read(source, MemoryContent(contents: sink.contents))
            #expect(rest.sink.items.count == 50)
            #expect(rest.sink.storedCount == 50 - sink.contents.count)
        }
    }
}
