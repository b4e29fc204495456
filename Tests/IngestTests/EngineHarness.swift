import Directory
import EventLog
import Events
import Git
import GitHubSimulator
import GitProtocol
import Ingest
import Projections
import ProviderKit
import Silo
import State
import Synchronization
import TestSupport
import Testing

/// A clock that moves by a millisecond whenever it is read, and by more when told.
final class SteppingClock: Sendable {
    private let microseconds = Mutex<Int64>(1_700_000_000_000_000)

    var now: Timestamp {
        Timestamp(
            microseconds: microseconds.withLock {
                $0 += 1000; return $0
            })
    }

    func advance(seconds: Int64) { microseconds.withLock { $0 += seconds * 1_000_000 } }
}

/// A whole engine on real parts in a temporary folder, beside a Git server that serves that folder's repositories.
struct EngineHarness: Sendable {
    let folder: String
    let server: GitServer
    let log: EventLog
    let state: StateStore
    let silo: Silo
    let engine: Engine
    let clock: SteppingClock
    let tenant: TenantID

    /// - Parameter allowsPrivateAddresses: as of `GitSettings`; the server lies on this machine.
    static func run(
        allowsPrivateAddresses: Bool? = true, _ change: (inout EngineOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (EngineHarness) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let clock = SteppingClock()
            var options = EngineOptions(spoolDirectory: "\(folder)/spool")
            options.cacheDirectory = "\(folder)/state/sources"
            options.executor = BlockingExecutor()
            change(&options)
            let chosen = options
            try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                let log = try EventLog.open(directory: "\(folder)/log", mode: .writer)
                let state = try StateStore.open(directory: "\(folder)/state/projections", log: log, mode: .writer)
                let silo = try Silo.open(
                    directory: "\(folder)/silo", locations: "\(folder)/state/locations", mode: .writer,
                    options: Silo.Options(now: { clock.now }, bootID: [1]))
                let writer = try EventLogWriter(log: log, follower: state, executor: ThreadExecutor())
                var git = GitSettings(now: { clock.now })
                git.allowsPrivateAddresses = allowsPrivateAddresses
                let providers: [any Provider] = [GitProvider(settings: git), DirectoryProvider()]
                let engine = Engine(
                    log: log, writer: writer, state: state, silo: silo, providers: providers, clock: { clock.now },
                    options: chosen)
                let tenant = try await engine.tenant(named: "default")
                try await body(
                    EngineHarness(
                        folder: folder, server: server, log: log, state: state, silo: silo, engine: engine,
                        clock: clock, tenant: tenant))
                await writer.stop()
                try silo.close()
                try state.close()
            }
        }
    }

    func repository(_ name: String = "project.git") throws -> RepositoryBuilder {
        try RepositoryBuilder(at: "\(folder)/\(name)")
    }

    func add(
        _ name: String = "project.git", _ configuration: RepositoryConfiguration = RepositoryConfiguration()
    ) async throws -> RepositoryID {
        let locator = Locator(provider: "git", source: Array(server.url(name).utf8))
        return try await engine.addRepository(locator, configuration: configuration, tenant: tenant).id
    }

    /// Everything that a reader sees must be what the server has at `revision`; the tree is computed from it.
    func expectEqual(
        _ id: RepositoryID, _ repository: RepositoryBuilder, at revision: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var assembler = TreeAssembler()
        var files: [String] = []
        try state.read { view in
            let visible = try view.visiblePosition(id)
            try view.forEachFile(id, asOf: visible) { version in
                switch version.content {
                case .upserted(let mode, let hash, _):
                    files.append("\(String(mode, radix: 8)) \(hash.hex) \(Hex.encode(version.path))")
                    assembler.add(version.path, mode: FileMode(rawValue: mode), id: object(hash))
                case .skipped(let mode, let hash, _, _):
                    assembler.add(version.path, mode: FileMode(rawValue: mode), id: object(hash))
                case .removed: break
                }
                return true
            }
        }
        let expected = try repository.entries(at: revision).map { "\($0.mode) \($0.id) \(Hex.encode($0.path.bytes))" }
        #expect(files == expected, sourceLocation: sourceLocation)
        let tree = try repository.resolve("\(revision ?? repository.branch)^{tree}")
        #expect(assembler.finish().hex == tree, sourceLocation: sourceLocation)
    }

    func kinds(since start: LogPosition? = nil) throws -> [String] {
        try log.read { snapshot in
            var kinds: [String] = []
            try snapshot.forEach(in: (start ?? LogPosition(0))..<snapshot.end) { position, record in
                kinds.append(try Envelope(record: record, at: position).event.kind.name)
            }
            return kinds
        }
    }

    private func object(_ hash: SHA1Hash) -> ObjectID { ObjectID(hash.bytes) ?? .zero }
}
