import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Testing

/// What the scheduler is told before it begins anything.
@Suite("What would have to wait")
struct PauseTests {
    private let now = Timestamp(seconds: Hub.start)
    private var end: Timestamp { now.adding(seconds: 300) }

    private func provider(_ transport: GitHubSettings.Transport) -> GitHubProvider {
        let now = now
        var settings = GitHubSettings(now: { now })
        settings.transport = transport
        return GitHubProvider(settings: settings)
    }

    @Test("Git's limit holds back what goes over Git, REST's what goes over REST, and each is known after a restart")
    func channels() {
        for transport in GitHubSettings.Transport.allCases {
            let provider = provider(transport)
            provider.ledger.restore("github:token:git", nil, pausedUntil: end)
            let git = LimitPause(limit: "github:token:git", until: end)
            #expect(provider.pause(of: "github:token", for: .webhook, at: now) == (transport == .rest ? nil : git))
            #expect(provider.pause(of: "github:token", for: .webhook, at: end) == nil)
            #expect(provider.pause(of: "github:other", for: .webhook, at: now) == nil)
        }
        for transport in GitHubSettings.Transport.allCases {
            let provider = provider(transport)
            provider.ledger.restore("github:token", nil, pausedUntil: end)
            provider.ledger.restore("github:app", nil, pausedUntil: end)
            let rest = LimitPause(limit: "github:token", until: end)
            #expect(provider.pause(of: "github:token", for: .webhook, at: now) == (transport == .rest ? rest : nil))
            // Tokens come over REST, however contents do.
            #expect(provider.pause(of: "github:app", for: .webhook, at: now)?.until == end)
        }
    }

    @Test("the reserve holds back polls alone, after a restart too")
    func reserve() {
        let provider = provider(.rest)
        provider.ledger.restore(
            "github:token", RateLimit(limit: 5000, remaining: 400, resetAt: end), pausedUntil: end)
        #expect(provider.pause(of: "github:token", for: .schedule, at: now)?.until == end)
        for reason in [SyncReason.webhook, .command, .retry] {
            #expect(provider.pause(of: "github:token", for: reason, at: now) == nil)
        }
    }

    @Test("where Git could not be reached REST's limit counts, for a while")
    func steppedDown() async throws {
        try await Hub.with { hub in
            try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            var settings = hub.settings(token: hub.server.makeToken(user: "acme"))
            settings.gitURL = "http://127.0.0.1:1"
            let provider = GitHubProvider(settings: settings)
            _ = try await provider.read(hub.source("acme/widgets"))
            let now = settings.now()
            provider.ledger.restore("github:token", nil, pausedUntil: now.adding(seconds: 1000))
            #expect(provider.pause(of: "github:token", for: .webhook, at: now) != nil)
            #expect(provider.pause(of: "github:token", for: .webhook, at: now.adding(seconds: 301)) == nil)
        }
    }

    @Test("what a repository would be read with is told without asking anybody")
    func quotas() async throws {
        try await Hub.with { hub in
            hub.server.addOrganization("acme")
            try hub.server.addRepository("acme/secret", isPrivate: true, files: ["a": "1\n"])
            let app = try hub.server.registerApp()
            let installation = hub.server.install(app, on: "acme")
            let credential = StoredCredential(
                id: LogPosition(9), tenant: TenantID(2), provider: "github", kind: .token)
            let provider = GitHubProvider(
                settings: hub.settings(app: app), credentials: MemoryCredentials([(credential, Secret("t"))]))
            func quotas(_ tenant: UInt32) async throws -> [String] {
                try await provider.quotas(of: TenantID(tenant), for: locator("acme/secret"))
            }
            #expect(try await quotas(1) == ["github:app"], "who reads it has to be asked")
            #expect(try await quotas(2) == ["github:credential:9"])
            #expect(try await quotas(3) == ["github:anonymous"])
            #expect(hub.restCount == 0)
            _ = try await provider.read(hub.source("acme/secret"))
            #expect(try await quotas(1) == ["github:installation:\(installation.id)"])
            // So long that the token has ended, and not so long that the installation is asked for again.
            hub.server.advanceClock(bySeconds: 3590)
            #expect(try await quotas(1) == ["github:installation:\(installation.id)", "github:app"])
        }
    }
}
