import Events
import Foundation
import GitHub
import GitHubSimulator
import ProviderKit
import Synchronization

/// A simulated GitHub and a provider that reads it, by one clock.
struct Hub: Sendable {
    let server: GitHubServer
    let folder: String
    let clock: SimulatedClock

    /// The clock stands at this moment until it is moved.
    static let start: Int64 = 1_700_000_000

    static func with(
        _ configure: (inout GitHubServer.Configuration) -> Void = { _ in }, _ body: @Sendable (Hub) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            var configuration = GitHubServer.Configuration(root: folder + "/github")
            configuration.clock = SimulatedClock(startingAtSeconds: start)
            configure(&configuration)
            let clock = configuration.clock
            try FileManager.default.createDirectory(
                atPath: configuration.root, withIntermediateDirectories: true)
            try await GitHubServer.withServer(configuration) { server in
                try await withTaskExecutorPreference(CrowdExecutor.shared) {
                    try await body(Hub(server: server, folder: folder, clock: clock))
                }
            }
        }
    }

    var settings: GitHubSettings {
        let clock = clock
        var settings = GitHubSettings(now: { Timestamp(seconds: clock.seconds) }, pause: { _ in })
        settings.apiURL = server.apiURL
        settings.gitURL = server.gitURL
        return settings
    }

    func settings(
        _ transport: GitHubSettings.Transport = .automatic, token: String? = nil, app: App? = nil
    ) -> GitHubSettings {
        var settings = settings
        settings.transport = transport
        settings.token = token.map { Secret($0) }
        if let app {
            settings.appID = String(app.id)
            settings.appPrivateKey = app.privateKeyPEM.map { Secret($0) }
            settings.clientID = app.clientID
            settings.clientSecret = Secret(app.clientSecret)
        }
        return settings
    }

    func source(
        _ name: String, _ reason: SyncReason = .command, identity: SourceIdentity? = nil,
        tenant: TenantID = TenantID(1),
        configuration: RepositoryConfiguration = .init(), limits: SourceLimits = .init()
    ) -> Source {
        Source(
            repository: RepositoryID(1), tenant: tenant, locator: locator(name), identity: identity,
            configuration: configuration, limits: limits, spoolDirectory: "\(folder)/spool-\(UUID())", reason: reason)
    }

    /// REST requests so far.
    var restCount: Int { server.traffic.count(of: .rest) }
}

func locator(_ name: String) -> Locator { Locator(provider: "github", source: Array(name.utf8)) }

/// One whole sync.
struct Reading {
    var head: SourceHead
    var observation: Observation
    var sink: MemorySink
    var traffic: ProviderKit.Traffic

    /// What the next sync knows.
    var known: MemoryContent {
        MemoryContent(
            checkpoint: Checkpoint(
                commit: observation.commit, tree: observation.tree, validator: head.validator),
            items: sink.items, contents: sink.contents)
    }

    var identity: SourceIdentity? { head.identity }
}

extension GitHubProvider {
    func head(_ source: Source, since known: MemoryContent = .init()) async throws -> SourceHead {
        try await session(with: source).head(since: known.checkpoint)
    }

    func read(_ source: Source, _ known: MemoryContent = .init()) async throws -> Reading {
        let session = try session(with: source)
        let head = try await session.head(since: known.checkpoint)
        let sink = MemorySink(known.contents)
        let observation = try await session.observe(head, known: known, into: sink)
        return Reading(head: head, observation: observation, sink: sink, traffic: session.traffic)
    }
}

/// Credentials in memory, as a vault would keep them.
final class MemoryCredentials: CredentialStore {
    private let kept: Mutex<[(credential: StoredCredential, secret: Secret)]>
    private let replacements = Mutex(0)

    init(_ kept: [(StoredCredential, Secret)]) { self.kept = Mutex(kept.map { (credential: $0.0, secret: $0.1) }) }

    var replacementCount: Int { replacements.withLock { $0 } }

    func credentials(of tenant: TenantID, provider: String) async throws -> [StoredCredential] {
        kept.withLock { $0 }.map(\.credential).filter { $0.tenant == tenant && $0.provider == provider }
    }

    func secret(of credential: LogPosition) async throws -> Secret {
        kept.withLock { $0.first { $0.credential.id == credential }?.secret ?? Secret("") }
    }

    func replace(_ credential: LogPosition, with secret: Secret, expiresAt: Timestamp?) async throws {
        replacements.withLock { $0 += 1 }
        kept.withLock { kept in
            for index in kept.indices where kept[index].credential.id == credential {
                kept[index].secret = secret
                kept[index].credential.expiresAt = expiresAt
            }
        }
    }
}

/// The provider's error that `body` throws; nil where it throws none.
func providerError(_ body: () async throws -> Void) async throws -> ProviderError? {
    do {
        try await body()
        return nil
    } catch let error as ProviderError {
        return error
    }
}

enum RepositoryFiles {
    /// The names in a folder; none where there is no such folder.
    static func names(in folder: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder)
    }
}
