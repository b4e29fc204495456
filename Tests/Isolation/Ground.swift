import Directory
import EventLog
import Events
import Foundation
import Git
import GitHubSimulator
import Ingest
import Logging
import OpenSSL
import Projections
import ProviderKit
import Queries
import Server
import Silo
import State
import TestSupport

/// One engine for two tenants: a victim, and a hostile one who has a Git server of its own.
struct Ground: Sendable {
    static let adminToken = "the administrator's token"

    let folder: String
    let server: GitServer
    let log: EventLog
    let state: StateStore
    let silo: Silo
    let engine: Engine
    let victim: TenantID
    let hostile: TenantID

    static func run(_ body: @escaping @Sendable (Ground) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "ingestor-isolation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // Left behind it harms nobody.
        try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
            let log = try EventLog.open(directory: "\(folder)/log", mode: .writer)
            let state = try StateStore.open(directory: "\(folder)/state/projections", log: log, mode: .writer)
            let silo = try Silo.open(
                directory: "\(folder)/silo", locations: "\(folder)/state/locations", mode: .writer,
                options: Silo.Options(now: now, bootID: [1]))
            let writer = try EventLogWriter(log: log, follower: state, executor: ThreadExecutor())
            var options = EngineOptions(spoolDirectory: "\(folder)/spool")
            options.executor = BlockingExecutor()
            var git = GitSettings(now: now)
            git.allowsPrivateAddresses = true
            let engine = Engine(
                log: log, writer: writer, state: state, silo: silo,
                providers: [GitProvider(settings: git), DirectoryProvider()], clock: now, options: options)
            let victim = try await engine.tenant(named: "victim-tenant")
            let hostile = try await engine.tenant(named: "hostile-tenant")
            try await body(
                Ground(
                    folder: folder, server: server, log: log, state: state, silo: silo, engine: engine, victim: victim,
                    hostile: hostile))
            await writer.stop()
            try silo.close()
            try state.close()
        }
    }

    @Sendable static func now() -> Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    }

    /// Makes a repository on the server.
    func repository(_ name: String, _ files: [String: [UInt8]]) throws -> RepositoryBuilder {
        let repository = try RepositoryBuilder(at: "\(folder)/\(name)")
        for (path, content) in files.sorted(by: { $0.key < $1.key }) {
            repository.write(RepositoryPath(path), .bytes(content))
        }
        try repository.commit("first")
        return repository
    }

    func add(_ name: String, for tenant: TenantID, isPrivate: Bool = true) async throws -> RepositoryID {
        try await engine.addRepository(
            Locator(provider: "git", source: Array(server.url(name).utf8)),
            configuration: RepositoryConfiguration(isPrivate: isPrivate), tenant: tenant
        ).id
    }

    func queries(_ viewer: Viewer) throws -> Queries { try Queries(log: log, state: state, silo: silo, viewer: viewer) }

    static func id(_ content: [UInt8]) throws -> SHA1Hash {
        guard let hash = SHA1Hash(HandMadePack.id("blob", content)) else { throw Failure(reason: "no hash") }
        return hash
    }

    /// Bytes that nothing compresses and nobody has by chance.
    static func unique(_ count: Int) throws -> [UInt8] { try secureRandomBytes(count) }

    struct Failure: Error {
        var reason: String
    }
}

extension [UInt8] {
    /// Whether `other` stands in it.
    func holds(_ other: [UInt8]) -> Bool {
        guard let first = other.first else { return true }
        var start = startIndex
        while let found = self[start...].firstIndex(of: first) {
            if self[found...].starts(with: other) { return true }
            start = found + 1
        }
        return false
    }
}
