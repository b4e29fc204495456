import EventLog
import Events
import FoundationEssentials
import GitHub
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Queries
import State
import Synchronization
import TestSupport
import Testing

/// A simulated GitHub, and an installation that reads it.
struct SimulatedInstallation: Sendable {
    let server: GitHubServer
    let here: Installation
    let folder: String
    let tokens: TenantTokens

    /// - Parameter change: of how GitHub is read; told the server.
    static func run(
        _ change: @Sendable (GitHubServer, inout GitHubSettings) throws -> Void = { _, _ in },
        _ body: @Sendable (SimulatedInstallation) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            var configuration = GitHubServer.Configuration(root: "\(folder)/github")
            // The clock is the real one here.
            configuration.clock = SimulatedClock()
            try await GitHubServer.withServer(configuration) { server in
                var settings = GitHubSettings(now: Installation.now, pause: { _ in })
                settings.apiURL = server.apiURL
                settings.gitURL = server.gitURL
                try change(server, &settings)
                let tokens = TenantTokens()
                try await Installation.open(in: folder, GitHubProvider(settings: settings, credentials: tokens)) {
                    try await body(SimulatedInstallation(server: server, here: $0, folder: folder, tokens: tokens))
                }
            }
        }
    }

    static func locator(_ name: String) -> Locator { Locator(provider: "github", source: Array(name.utf8)) }

    func add(
        _ name: String, tenant: TenantID? = nil, _ configuration: RepositoryConfiguration = .init()
    ) async throws -> RepositoryID {
        try await here.engine.addRepository(
            Self.locator(name), configuration: configuration, tenant: tenant ?? here.tenant
        ).id
    }

    func queries(_ tenant: String = "default") throws -> Queries {
        try Queries(log: here.log, state: here.state, silo: here.silo, tenant: tenant)
    }

    func row(_ id: RepositoryID) throws -> RepositoryRow? { try here.state.read { view in try view.repository(id) } }

    func events(_ kind: EventKind) throws -> [Event] {
        let positions = try here.state.read { view in
            var positions: [LogPosition] = []
            try view.forEachPosition(.kind(kind)) {
                positions.append($0)
                return true
            }
            return positions
        }
        return try here.log.read { snapshot in try positions.compactMap { try snapshot.envelope(at: $0)?.event } }
    }

    /// The bytes of a file as a reader gets them.
    func content(_ path: String, of id: RepositoryID, _ tenant: String = "default") throws -> String? {
        let queries = try queries(tenant)
        guard let row = try queries.repository(id) else { return nil }
        let file = try queries.file(Array(path.utf8), in: try queries.view(of: row))
        var bytes: [UInt8] = []
        try queries.content(file.hash) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The failure of a sync.
    func failure(of id: RepositoryID, reason: SyncReason = .command) async throws -> Failure? {
        do {
            _ = try await here.engine.sync(id, reason: reason)
            return nil
        } catch let error as IngestError {
            return error.failure
        }
    }
}

/// Personal tokens that tenants have given.
final class TenantTokens: CredentialStore {
    private let tokens = Mutex<[(tenant: TenantID, token: String)]>([])

    func give(_ token: String, to tenant: TenantID) { tokens.withLock { $0.append((tenant, token)) } }

    func credentials(of tenant: TenantID, provider: String) async throws -> [StoredCredential] {
        tokens.withLock { $0 }.enumerated().filter { $0.element.tenant == tenant }.map { index, _ in
            StoredCredential(
                id: LogPosition(UInt64(index)), tenant: tenant, provider: provider, kind: .token)
        }
    }

    func secret(of credential: LogPosition) async throws -> Secret {
        Secret(tokens.withLock { $0[Int(credential.rawValue)].token })
    }

    func replace(_ credential: LogPosition, with secret: Secret, expiresAt: Timestamp?) async throws {}
}

func eventually(_ what: Comment, _ condition: () throws -> Bool) async throws {
    for _ in 0..<3000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what)
    throw CancellationError()
}
