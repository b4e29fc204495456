import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Synchronization
import TestSupport

/// A simulated GitHub on a bad day, with people who push.
struct LossyHub: Sendable {
    /// How the engine reads: an App's hook has a log of its deliveries, that of repositories has none here.
    enum Access: String, Sendable, CaseIterable {
        case app
        case token
    }

    static let owner = "acme"
    /// Whose token it is, where it is one.
    static let reader = "grace"
    static let secret = "It's a Secret to Everybody"

    let server: GitHubServer
    let scale: Scale
    let access: Access
    let repositories: [HostedRepository]
    private let app: App?
    /// Whose quota is the engine's.
    private let token: String

    init(_ server: GitHubServer, _ scale: Scale, _ access: Access) throws {
        (self.server, self.scale, self.access) = (server, scale, access)
        server.addOrganization(Self.owner)
        repositories = try (0..<scale.repositories).map { index in
            var files: [RepositoryPath: RepositoryContent] = [:]
            for file in 0..<6 { files["folder\(file % 3)/file\(file)"] = .text("\(file) of \(index)\n") }
            return try server.addRepository("\(Self.owner)/project\(index)", isPrivate: index % 2 == 0, files: files)
        }
        switch access {
        case .app:
            let app = try server.registerApp(owner: Self.owner)
            self.app = app
            token = server.makeToken(of: server.install(app, on: Self.owner))
        case .token:
            app = nil
            token = server.makeToken(user: Self.reader)
            for repository in repositories { repository.grant(to: Self.reader) }
        }
    }

    static func configuration(_ root: String, _ scale: Scale) -> GitHubServer.Configuration {
        var configuration = GitHubServer.Configuration(root: root)
        configuration.seed = scale.seed
        configuration.deliveryConcurrency = 8
        // Limits strike when they are injected, and then briefly: an hour is too long for a test.
        configuration.limits.userPerHour = 10_000_000
        configuration.limits.installationPerHour = 10_000_000
        configuration.limits.installationMaximumPerHour = 10_000_000
        configuration.limits.pointsPerMinute = 10_000_000
        return configuration
    }

    var settings: GitHubSettings {
        var settings = GitHubSettings(
            now: Installation.now, pause: { try await Task.sleep(for: .seconds(min($0, 0.05))) })
        settings.apiURL = server.apiURL
        settings.gitURL = server.gitURL
        settings.quotaLimits.pointsPerMinute = 10_000_000
        settings.isDefaultTenant = { _ in true }
        if let app {
            settings.appID = String(app.id)
            settings.appPrivateKey = app.privateKeyPEM.map { Secret($0) }
        } else {
            settings.token = Secret(token)
        }
        return settings
    }

    func locator(_ repository: HostedRepository) -> Locator {
        Locator(provider: "github", source: Array(repository.fullName.utf8))
    }

    func setWebhook(port: Int) {
        let url = "http://127.0.0.1:\(port)/webhooks/github"
        if let app {
            server.setWebhook(of: app, url: url, secret: Self.secret)
        } else {
            server.setWebhook(url: url, secret: Self.secret)
        }
    }

    // MARK: Weather

    private static let git: Set<RequestKind> = [.capabilities, .lsRefs, .fetch]

    func startFaults() {
        server.setWebhookFaults(
            WebhookFaults(
                // Without an App nobody says what was lost: more is, so that polls have something to find.
                lost: scale.strayRate * (access == .app ? 1 : 3), repeated: scale.strayRate, reordered: scale.strayRate,
                reorderDistance: scale.reorderDistance))
        server.inject(.unavailable, on: Self.git, probability: scale.errorRate)
        // However few requests there are, one fails.
        server.inject(.unavailable, on: [.lsRefs], times: 1)
        server.inject(.answer(status: 502), on: [.rest], probability: scale.errorRate)
        server.inject(.cut(afterBytes: 200), on: [.fetch], probability: scale.errorRate / 2)
        server.inject(.rateLimited(retryAfterSeconds: 1), on: Self.git, probability: scale.limitRate)
        server.inject(.secondaryLimit(retryAfter: "1"), on: [.rest], probability: scale.limitRate)
    }

    func endFaults() async throws {
        server.clearFaults()
        server.setWebhookFaults(WebhookFaults())
        try await server.webhooksSettled()
    }

    // MARK: Pushes

    /// Every push of the run, one after the other; some repositories get many. Some rewrite the branch, some remove files.
    func pushAll() async throws {
        var random = SeededGenerator(seed: scale.seed)
        var removable: [Int: RepositoryPath] = [:]
        let began = ContinuousClock.now
        for number in 0..<scale.pushes {
            let isBusy = Bool.random(using: &random)
            let index = Int.random(
                in: 0..<(isBusy ? max(1, scale.repositories / 10) : scale.repositories), using: &random)
            let repository = repositories[index]
            var changes: HostedRepository.Changes = [:]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let file = Int.random(in: 0..<12, using: &random)
                changes["folder\(file % 3)/file\(file)"] = .text("push \(number)\n")
            }
            if let path = removable.removeValue(forKey: index) {
                changes[path] = .some(nil)
            } else {
                removable[index] = "extra/\(number)"
                changes["extra/\(number)"] = .text("for a while, since \(number)\n")
            }
            let last = try repository.head()
            if Int.random(in: 0..<25, using: &random) == 0, let last {
                removable[index] = nil
                // Beside the last commit instead of upon it.
                try repository.push(["folder0/file0": .text("forced \(number)\n")])
                try repository.push(changes.filter { $0.value != nil }, parent: .commit(last))
            } else {
                try repository.push(changes)
            }
            if number % scale.pushesPerPrimaryLimit == scale.pushesPerPrimaryLimit / 2 {
                try server.setQuota(remaining: 0, of: token, resetInSeconds: 2)
            }
            let due = began + .seconds(Double(number) / scale.pushesPerSecond)
            try await Task.sleep(until: due, clock: .continuous)
        }
    }
}
