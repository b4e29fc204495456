import Directory
import EventLog
import Events
import Foundation
import Ingest
import Logging
import OpenSSL
import Projections
import ProviderKit
import Queries
import Server
import Silo
import State
import Synchronization
import TestSupport

/// A clock that stands still, unless it is told.
final class HandClock: Sendable {
    private let microseconds = Mutex<Int64>(1_700_000_000_000_000)

    var now: Timestamp { Timestamp(microseconds: microseconds.withLock { $0 }) }
    func advance(seconds: Double) { microseconds.withLock { $0 += Int64(seconds * 1e6) } }
}

/// A server on a real engine. Two tenants, acme and globex, watch a private folder each, and globex a public one too.
struct APIHarness: Sendable {
    static let admin = "the administrator's token"

    let folder: String
    let port: Int
    let engine: Engine
    let clock: HandClock
    let acme: Access
    let globex: Access

    /// What a tenant has.
    struct Access: Sendable {
        var name: String
        var tenant: TenantID
        var token: String
        var tokenID: LogPosition
        var repository: RepositoryID
        var folder: String
    }

    static func run(
        admin: String? = Self.admin, oneTimeCode: OneTimeCode? = nil,
        limits change: (inout ServerLimits) -> Void = { _ in },
        _ body: @escaping @Sendable (APIHarness) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "ingestor-api-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // Left behind it harms nobody.
        let clock = HandClock()
        let log = try EventLog.open(directory: "\(folder)/log", mode: .writer)
        let state = try StateStore.open(directory: "\(folder)/state/projections", log: log, mode: .writer)
        let silo = try Silo.open(
            directory: "\(folder)/silo", locations: "\(folder)/state/locations", mode: .writer,
            options: Silo.Options(now: { clock.now }, bootID: [1]))
        let writer = try EventLogWriter(log: log, follower: state, executor: ThreadExecutor())
        var options = EngineOptions(spoolDirectory: "\(folder)/spool")
        options.executor = BlockingExecutor()
        let engine = Engine(
            log: log, writer: writer, state: state, silo: silo, providers: [DirectoryProvider()], clock: { clock.now },
            options: options)
        let acme = try await tenant("acme", in: folder, engine)
        let globex = try await tenant("globex", in: folder, engine)
        let backend = APIBackend(
            engine: engine, queries: { try Queries(log: log, state: state, silo: silo, viewer: $0) },
            adminToken: admin.map { Secret($0) }, oneTimeCode: oneTimeCode, providers: ["dir"],
            isLocal: { $0.provider == "dir" || $0.bytes.starts(with: Array("git:http://10.".utf8)) },
            now: { clock.now },
            random: { try secureRandomBytes($0) }, executor: BlockingExecutor())
        try await withServer(api: backend, limits: change) { port, _ in
            try await body(
                APIHarness(
                    folder: folder, port: port, engine: engine, clock: clock, acme: acme, globex: globex))
        }
        await writer.stop()
        try silo.close()
        try state.close()
    }

    private static func tenant(_ name: String, in folder: String, _ engine: Engine) async throws -> Access {
        let tenant = try await engine.tenant(named: name)
        let source = "\(folder)/\(name)"
        try write("of \(name) alone", to: "\(source)/own.txt")
        try write("readable by all", to: "\(source)/<img src=x onerror=alert(1)> & \"quotes\".txt")
        let row = try await engine.addRepository(
            locator(source), configuration: RepositoryConfiguration(), tenant: tenant)
        _ = try await engine.sync(row.id)
        let issued = try await engine.issueToken(
            named: "of \(name)", tenant: tenant, random: try secureRandomBytes(AccessToken.randomByteCount))
        return Access(
            name: name, tenant: tenant, token: issued.token.revealText(), tokenID: issued.id, repository: row.id,
            folder: source)
    }

    static func locator(_ folder: String) -> Locator { Locator(provider: "dir", source: Array(folder.utf8)) }

    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let parent = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Git's id of a content.
    static func id(_ bytes: [UInt8]) -> String {
        Hex.encode(Digest.hash(.sha1, Array("blob \(bytes.count)\0".utf8) + bytes))
    }

    static func id(_ text: String) -> String { id(Array(text.utf8)) }

    // MARK: Asking

    func client() throws -> RawClient { try RawClient(port: port) }

    /// One request on a connection of its own.
    func ask(
        _ method: String = "GET", _ path: String, as token: String?, _ headers: [(String, String)] = [],
        body: String? = nil
    ) throws -> RawClient.Answer {
        let client = try client()
        client.send(Self.request(method, path, as: token, headers, body: body))
        return try client.answer(expectsBody: method != "HEAD")
    }

    static func request(
        _ method: String, _ path: String, as token: String?, _ headers: [(String, String)] = [], body: String? = nil
    ) -> String {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body {
            if !headers.contains(where: { $0.0.lowercased() == "content-type" }) {
                text += "Content-Type: application/json\r\n"
            }
            text += "Content-Length: \(body.utf8.count)\r\n"
        }
        return text + "\r\n" + (body ?? "")
    }
}

extension RawClient.Answer {
    var json: JSON { get throws { try JSON(validating: bytes) } }
    /// The word for programs in a refusal.
    var code: String? { get throws { try json["code"]?.string } }
    var items: [JSON] { get throws { try json["items"]?.array ?? [] } }
    var lines: [JSON] {
        get throws { try body.split(separator: "\n").map { try JSON(validating: Array($0.utf8)) } }
    }
}
