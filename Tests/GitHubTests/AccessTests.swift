import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Testing

@Suite("Access")
struct AccessTests {
    /// A private repository of an organisation on which an App is installed.
    private func withApp(
        _ body: @Sendable (Hub, HostedRepository, App, Installation, GitHubProvider) async throws -> Void
    ) async throws {
        try await Hub.with { hub in
            hub.server.addOrganization("acme")
            let repository = try hub.server.addRepository("acme/secret", isPrivate: true, files: ["a": "1\n"])
            let app = try hub.server.registerApp()
            let installation = hub.server.install(app, on: "acme")
            try await body(
                hub, repository, app, installation, GitHubProvider(settings: hub.settings(app: app)))
        }
    }

    private func tokenCount(_ hub: Hub) -> Int {
        hub.server.traffic.requests.count { $0.path.hasSuffix("/access_tokens") }
    }

    @Test(
        "an App finds its installation and reads with its token, which is kept while it lives and renewed before it ends"
    )
    func app() async throws {
        try await withApp { hub, repository, _, installation, provider in
            let first = try await provider.read(hub.source("acme/secret"))
            #expect(
                first.identity
                    == SourceIdentity(
                        externalID: UInt64(repository.id), locator: locator("acme/secret"), isPrivate: true))
            #expect(first.head.quota == "github:installation:\(installation.id)")
            #expect(first.sink.items.count == 1)
            #expect(tokenCount(hub) == 1)
            // A webhook: Git alone, with the token that is there.
            try repository.push(["b": "2\n"])
            hub.server.resetTraffic()
            let second = try await provider.read(hub.source("acme/secret", .webhook), first.known)
            #expect(second.sink.items.count == 2)
            #expect(hub.restCount == 0)
            #expect(second.identity == nil)
            // Shortly before its end, while it is still good.
            hub.server.advanceClock(bySeconds: 3400)
            _ = try await provider.head(hub.source("acme/secret", .webhook), since: second.known)
            #expect(tokenCount(hub) == 1)
            hub.server.advanceClock(bySeconds: 10_000)
            _ = try await provider.head(hub.source("acme/secret", .webhook), since: second.known)
            #expect(tokenCount(hub) == 2)
        }
    }

    @Test("many syncs at once make one renewal")
    func singleFlight() async throws {
        try await withApp { hub, _, _, _, provider in
            hub.server.inject(.latency(.milliseconds(30)), path: "/access_tokens")
            try await withThrowingTaskGroup(of: SourceHead.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await provider.head(hub.source("acme/secret", .webhook)) }
                }
                for try await head in group { #expect(head.commit != nil) }
            }
            #expect(tokenCount(hub) == 1)
        }
    }

    @Test("a renewal that fails leaves the old token in use while it is good, and is an error once it is not")
    func failedRenewal() async throws {
        try await withApp { hub, _, _, _, provider in
            _ = try await provider.head(hub.source("acme/secret", .webhook))
            hub.server.advanceClock(bySeconds: 3400)
            hub.server.inject(.unavailable, path: "/access_tokens")
            #expect(try await provider.head(hub.source("acme/secret", .webhook)).commit != nil)
            hub.server.advanceClock(bySeconds: 190)
            let error = try await providerError { _ = try await provider.head(hub.source("acme/secret", .webhook)) }
            #expect(error?.errorClass == .transient)
        }
    }

    @Test("a token that GitHub no longer takes is replaced, for Git and for REST")
    func revoked() async throws {
        try await withApp { hub, _, app, installation, provider in
            let first = try await provider.read(hub.source("acme/secret"))
            // All its tokens are void, and it is not there to give another one.
            hub.server.uninstall(installation)
            let source = hub.source("acme/secret", .webhook, identity: first.identity)
            let lost = try await providerError { _ = try await provider.head(source) }
            #expect(lost?.errorClass == .transient)
            let refused = try await providerError { _ = try await provider.head(source) }
            #expect(refused?.errorClass == .permanent)
            // The App is installed again, under another number.
            hub.server.install(app, on: "acme")
            hub.server.advanceClock(bySeconds: 600)
            #expect(try await provider.head(source, since: first.known).changed == false)
        }
        try await withApp { hub, _, _, installation, _ in
            let token = hub.server.makeToken(of: installation)
            let provider = GitHubProvider(settings: hub.settings(token: token))
            _ = try await provider.read(hub.source("acme/secret"))
            hub.server.revoke(token)
            let error = try await providerError { _ = try await provider.read(hub.source("acme/secret", .webhook)) }
            #expect(error?.errorClass == .permanent)
            #expect(error.map { "\($0) \($0.message)".contains(token) } == false)
        }
    }

    @Test("a suspended installation reads nothing, and reads again when it is resumed")
    func suspended() async throws {
        try await withApp { hub, _, _, installation, provider in
            let first = try await provider.read(hub.source("acme/secret"))
            hub.server.suspend(installation)
            let source = hub.source("acme/secret", .webhook, identity: first.identity)
            #expect(try await providerError { _ = try await provider.head(source) }?.errorClass == .permanent)
            hub.server.unsuspend(installation)
            #expect(try await provider.head(source, since: first.known).changed == false)
        }
    }

    @Test("a user's token is renewed once, before it ends, and the new pair is kept")
    func userToken() async throws {
        try await withApp { hub, _, app, _, _ in
            let token = hub.server.makeToken(user: "acme", app: app)
            let end = token.expiresAtSeconds.map { Timestamp(seconds: $0) }
            let credentials = MemoryCredentials([
                (
                    StoredCredential(
                        id: LogPosition(7), tenant: TenantID(2), provider: "github", kind: .user, expiresAt: end),
                    Secret("\(token.token)\n\(token.refreshToken ?? "")")
                )
            ])
            let provider = GitHubProvider(settings: hub.settings(app: app), credentials: credentials)
            let source = hub.source("acme/secret", tenant: TenantID(2))
            let first = try await provider.read(source)
            #expect(first.head.quota == "github:credential:7")
            #expect(credentials.replacementCount == 0)
            hub.server.advanceClock(bySeconds: 8 * 3600 - 100)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { _ = try await provider.head(source, since: first.known) } }
                try await group.waitForAll()
            }
            #expect(credentials.replacementCount == 1)
            #expect(try await credentials.secret(of: LogPosition(7)).revealText().hasPrefix("ghu_"))
            #expect(try await credentials.secret(of: LogPosition(7)).revealText().contains(token.token) == false)
            // A restart goes on with what was kept; and the next renewal with the new refresh token.
            hub.server.advanceClock(bySeconds: 8 * 3600)
            let restarted = GitHubProvider(settings: hub.settings(app: app), credentials: credentials)
            _ = try await restarted.read(source)
            #expect(credentials.replacementCount == 2)
            // The old process has a refresh token that was used up meanwhile: it asks the store.
            _ = try await provider.head(source, since: first.known)
        }
    }

    @Test("a refresh token that is no longer good is a permanent error without a secret in it")
    func usedRefreshToken() async throws {
        try await withApp { hub, _, app, _, _ in
            let credentials = MemoryCredentials([
                (
                    StoredCredential(
                        id: LogPosition(7), tenant: TenantID(1), provider: "github", kind: .user,
                        expiresAt: Timestamp(seconds: Hub.start)), Secret("ghu_planted\nghr_planted")
                )
            ])
            let provider = GitHubProvider(settings: hub.settings(app: app), credentials: credentials)
            let error = try await providerError { _ = try await provider.read(hub.source("acme/secret")) }
            #expect(error?.errorClass == .permanent)
            #expect(error?.code == .forbidden)
            #expect(error?.message.contains("bad_refresh_token") == true)
            #expect(error?.message.contains("planted") == false)
        }
    }

    @Test("a tenant reads with its own credential alone")
    func tenants() async throws {
        try await withApp { hub, _, app, installation, _ in
            try hub.server.addRepository("acme/open", files: ["a": "1\n"])
            let settings = hub.settings(token: hub.server.makeToken(user: "acme"), app: app)
            let credentials = MemoryCredentials([
                (
                    StoredCredential(
                        id: LogPosition(9), tenant: TenantID(3), provider: "github", kind: .installation,
                        installation: UInt64(installation.id)), Secret("")
                )
            ])
            let provider = GitHubProvider(settings: settings, credentials: credentials)
            // Neither the App nor the token of the settings is the second tenant's.
            let error = try await providerError {
                _ = try await provider.read(hub.source("acme/secret", tenant: TenantID(2)))
            }
            #expect(error?.errorClass == .permanent)
            let open = try await provider.read(hub.source("acme/open", tenant: TenantID(2)))
            #expect(open.head.quota == "github:anonymous")
            let third = try await provider.read(hub.source("acme/secret", tenant: TenantID(3)))
            #expect(third.head.quota == "github:installation:\(installation.id)")
        }
    }

    @Test("where the App is not installed the token of the settings does")
    func fallBack() async throws {
        try await withApp { hub, _, app, _, _ in
            try hub.server.addRepository("bob/own", isPrivate: true, files: ["a": "1\n"])
            let settings = hub.settings(token: hub.server.makeToken(user: "bob"), app: app)
            let reading = try await GitHubProvider(settings: settings).read(hub.source("bob/own"))
            #expect(reading.head.quota == "github:token")
        }
    }

    @Test("a key that is none is said to be, and not shown")
    func wrongKey() async throws {
        try await withApp { hub, _, app, _, _ in
            var settings = hub.settings(app: app)
            settings.appPrivateKey = Secret("-----BEGIN planted-----")
            let error = try await providerError {
                _ = try await GitHubProvider(settings: settings).read(hub.source("acme/secret"))
            }
            #expect(error?.errorClass == .permanent)
            #expect(error?.message.contains("planted") == false)
            #expect("\(settings)".contains("planted") == false)
        }
    }
}
