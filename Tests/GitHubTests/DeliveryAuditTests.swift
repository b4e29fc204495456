import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Testing

@Suite("The audit of deliveries")
struct DeliveryAuditTests {
    @Test("finds what failed over many pages, within the days that GitHub remembers, and has it sent again")
    func audit() async throws {
        try await Hub.with { hub in
            hub.server.addOrganization("acme")
            let repository = try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let app = try hub.server.registerApp()
            // Nobody listens there.
            hub.server.setWebhook(of: app, url: "http://127.0.0.1:1/webhooks/github", secret: "s")
            hub.server.install(app, on: "acme")
            try repository.push(["old": "1\n"])
            try await hub.server.webhooksSettled()
            hub.server.advanceClock(bySeconds: 8 * 86_400)
            for index in 0..<120 { try repository.push(["a": .text("\(index)\n")]) }
            try await hub.server.webhooksSettled()
            let provider = GitHubProvider(settings: hub.settings(app: app))
            let audit = try #require(provider.deliveryAudit)
            // The simulator's address is that of an Enterprise Server.
            #expect(audit.windowSeconds == 7 * 86_400.0)
            #expect(Self.gitHubDotCom(app)?.windowSeconds == 3 * 86_400.0)
            let found = try await audit.deliveries(since: Timestamp(seconds: 0))
            #expect(found.count == 120)
            #expect(found.allSatisfy { !$0.succeeded && $0.event == "push" })
            #expect(Set(found.map(\.delivery)).count == 120)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.deliveredAt >= $1.deliveredAt })
            #expect(try await audit.deliveries(since: Timestamp(seconds: Hub.start + 9 * 86_400)).isEmpty)
            // The same report, another attempt.
            let first = try #require(found.last)
            try await audit.redeliver(first)
            try await hub.server.webhooksSettled()
            let again = try await audit.deliveries(since: Timestamp(seconds: 0))
            #expect(again.filter { $0.delivery == first.delivery }.count == 2)
            var unknown = first
            unknown.id = 999_999_999
            #expect(try await providerError { try await audit.redeliver(unknown) }?.code == .notFound)
        }
    }

    private static func gitHubDotCom(_ app: App) -> (any DeliveryAudit)? {
        var settings = GitHubSettings(now: { Timestamp(seconds: Hub.start) })
        settings.appID = String(app.id)
        settings.appPrivateKey = app.privateKeyPEM.map { Secret($0) }
        return GitHubProvider(settings: settings).deliveryAudit
    }

    @Test("there is none without an App")
    func none() async throws {
        try await Hub.with { hub in #expect(GitHubProvider(settings: hub.settings).deliveryAudit == nil) }
    }
}
