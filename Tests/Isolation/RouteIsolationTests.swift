import EventLog
import Events
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
import Testing

/// Every route of the API with a tenant's token and with all that somebody may know or guess of another tenant. The routes are
/// those that the API itself describes, so that a new one is walked without anybody thinking of it.
@Suite("every route") struct RouteIsolationTests {
    /// What is the victim's, in each form in which it may be asked for or come out.
    private struct Loot {
        var repository: RepositoryID
        var locator: String
        var path: String
        var content: [UInt8]
        var hash: SHA1Hash
        var sha256: String
        var commit: SHA1Hash
        var tree: SHA1Hash
        var token: LogPosition
        var job: LogPosition
        /// Events of its, first and last.
        var positions: [LogPosition]

        /// What must not stand in any answer.
        var marks: [[UInt8]] {
            [
                locator, path, hash.hex, sha256, commit.hex, tree.hex, "victim-tenant", "victim-secret-name",
                "victim-author",
            ].map { Array($0.utf8) } + [content]
        }

        /// What to put in the place of a parameter.
        func values(of parameter: String) -> [String] {
            let numbers = (positions + [token, job]).map { "\($0.rawValue)" } + ["\(repository.rawValue)"]
            let hashes = [hash.hex, sha256, commit.hex, tree.hex]
            switch parameter {
            case "id", "position", "repository", "from", "after", "old", "new", "size": return numbers
            case "sha": return hashes
            case "subject", "source", "q":
                return numbers + hashes + [locator, "\(locator):\(path)", "victim-tenant"].map(Self.percentEncoded)
            case "tenant": return ["victim-tenant"]
            case "kind": return ["SyncCompleted"]
            case "path", "prefix": return [Self.percentEncoded(path)]
            case "at": return ["2100-01-01T00:00:00Z", numbers[0]]
            case "cursor":
                return [
                    Base64.encode(Array(repeating: 0, count: 7) + [1] + Array(path.utf8)).replacing("+", with: "-")
                        .replacing("/", with: "_").replacing("=", with: "")
                ]
            default: return ["1"]
            }
        }

        private static func percentEncoded(_ text: String) -> String {
            text.utf8.map { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
    }

    @Test("gives nothing of another tenant, and changes nothing of it", .timeLimit(.minutes(5)))
    func walk() async throws {
        try await Ground.run { ground in
            let loot = try await Self.furnish(ground)
            let token = try await ground.engine.issueToken(
                named: "hostile", tenant: ground.hostile, random: try secureRandomBytes(AccessToken.randomByteCount)
            ).token.revealText()
            let before = try Self.digests(ground, of: ground.victim)
            try await Self.serving(ground) { port in
                var asked = 0
                var taken: Set<String> = []
                for request in try Self.requests(port, loot) {
                    let answer = try Client.ask(
                        port, request.method, request.path, token: token, body: request.body)
                    asked += 1
                    #expect(answer.status < 500, "\(request.method) \(request.path)")
                    // What one says oneself may come back in the words of a refusal.
                    let marks = loot.marks.filter { !Array(request.path.utf8).holds($0) }
                    for mark in marks {
                        #expect(
                            !answer.bytes.holds(mark),
                            "\(request.method) \(request.path) shows \(String(decoding: mark, as: UTF8.self))")
                    }
                    if answer.status < 300 { taken.insert("\(request.method) \(request.template)") }
                    // The way out of what was asked for with nothing at all.
                    let nobody = try Client.ask(port, request.method, request.path, token: nil, body: request.body)
                    #expect(nobody.status != 200 || request.isOpen, "\(request.method) \(request.path)")
                    for mark in marks { #expect(!nobody.bytes.holds(mark)) }
                }
                #expect(asked > 150, "only \(asked) requests were made")
                // That it was asked for rightly: lists are answered, with what is one's own.
                #expect(taken.contains("GET /v1/repositories") && taken.contains("GET /v1/events"))
                print("every route: \(asked) requests, of which were taken: \(taken.sorted().joined(separator: ", "))")
            }
            #expect(try Self.digests(ground, of: ground.victim) == before)
            #expect(try ground.engine.repository(loot.repository).isRemoved == false)
        }
    }

    /// What lies elsewhere now, and may lie on this machine tomorrow, is marked by whose token added it.
    @Test func whatATenantAddsIsMarked() async throws {
        try await Ground.run { ground in
            let token = try await ground.engine.issueToken(
                named: "hostile", tenant: ground.hostile, random: try secureRandomBytes(AccessToken.randomByteCount)
            ).token.revealText()
            try await Self.serving(ground) { port in
                for (token, tenant) in [(token, ground.hostile), (Ground.adminToken, ground.victim)] {
                    let isHostile = tenant == ground.hostile
                    let body =
                        #"{"locator":"git:https://example.org/project","tenant":"\#(isHostile ? "hostile" : "victim")-tenant"}"#
                    let answer = try Client.ask(port, "POST", "/v1/repositories", token: token, body: body)
                    #expect(answer.status == 201)
                    let locator = Locator(provider: "git", source: Array("https://example.org/project".utf8))
                    let row = try #require(try ground.engine.repository(locator, of: tenant))
                    #expect(row.publicAddressesOnly == isHostile)
                }
            }
        }
    }

    private struct Request {
        var method: String
        var template: String
        var path: String
        var body: String?
        var isOpen: Bool
    }

    /// All that the description of the API lets one ask, with one value after the other in each place.
    private static func requests(_ port: Int, _ loot: Loot) throws -> [Request] {
        let answer = try Client.ask(port, "GET", "/openapi.json", token: nil)
        let start = try #require(answer.bytes.firstIndex(of: UInt8(ascii: "{")))
        let end = try #require(answer.bytes.lastIndex(of: UInt8(ascii: "}")))
        let document = try JSON(validating: Array(answer.bytes[start...end]))
        var requests: [Request] = []
        for (template, methods) in try #require(document["paths"]?.object) {
            for (method, operation) in methods.object ?? [] {
                let names = (operation["parameters"]?.array ?? []).compactMap { parameter -> (String, Bool)? in
                    guard let name = parameter["name"]?.string, let place = parameter["in"]?.string else { return nil }
                    return place == "header" ? nil : (name, place == "path")
                }
                let isOpen = operation["security"]?.array?.isEmpty ?? false
                var paths = [template]
                for (name, isInPath) in names where isInPath {
                    paths = paths.flatMap { path in
                        loot.values(of: name).map { path.replacing("{\(name)}", with: $0) }
                    }
                }
                let queries = names.filter { !$0.1 }.flatMap { name, _ in
                    loot.values(of: name).map { "\(name)=\($0)" }
                }
                let all = paths + paths.flatMap { path in queries.map { "\(path)?\($0)" } }
                for path in all {
                    let bodies: [String?] =
                        ["post", "patch", "put"].contains(method)
                        ? ["{}", #"{"locator":"\#(loot.locator)","tenant":"victim-tenant"}"#, #"{"isPrivate":false}"#]
                        : [nil]
                    for body in bodies {
                        requests.append(
                            Request(
                                method: method.uppercased(), template: template, path: path, body: body, isOpen: isOpen)
                        )
                    }
                }
            }
        }
        // What is no part of the described API: the dashboard's pages, and what never was a route.
        for path in ["/", "/repositories", "/repositories/\(loot.repository.rawValue)", "/log", "/storage", "/metrics"]
            + ["/../../etc/passwd", "/v1/../keys/master.key", "/v1/blobs/..%2f..%2fkeys%2fmaster.key", "/silo/1.shard"]
        {
            requests.append(Request(method: "GET", template: path, path: path, isOpen: true))
        }
        return requests
    }

    private static func furnish(_ ground: Ground) async throws -> Loot {
        let content = try Ground.unique(300)
        let repository = try ground.repository("victim-project.git", ["victim-secret-name.bin": content])
        try repository.commit("second", author: "victim-author <v@example.org>")
        let id = try await ground.add("victim-project.git", for: ground.victim)
        let start = LogPosition(id.rawValue)
        _ = try await ground.engine.sync(id)
        let issued = try await ground.engine.issueToken(
            named: "victim-secret-name", tenant: ground.victim,
            random: try secureRandomBytes(AccessToken.randomByteCount))
        let job = try await ground.engine.requestSync(id)
        _ = try ground.repository("hostile-project.git", ["own.txt": Array("own\n".utf8)])
        _ = try await ground.engine.sync(try await ground.add("hostile-project.git", for: ground.hostile))
        let row = try ground.engine.repository(id)
        let hash = try Ground.id(content)
        return Loot(
            repository: id, locator: row.locator.description, path: "victim-secret-name.bin", content: content,
            hash: hash,
            sha256: Hex.encode(Digest.hash(.sha256, content)), commit: try #require(row.lastCommit),
            tree: try #require(row.lastTree), token: issued.id, job: job,
            positions: [start, LogPosition(start.rawValue + 2), row.lastPosition])
    }

    private static func digests(_ ground: Ground, of tenant: TenantID) throws -> [String] {
        try ground.state.read { view in
            try view.digests().filter { $0.tenant == tenant }.map { String(describing: $0) }
        }
    }

    private static func serving(_ ground: Ground, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let backend = APIBackend(
            engine: ground.engine, queries: { try ground.queries($0) }, adminToken: Secret(Ground.adminToken),
            providers: ["git", "dir"], isLocal: { $0.provider == "dir" }, now: Ground.now,
            random: { try secureRandomBytes($0) }, executor: BlockingExecutor())
        var limits = ServerLimits()
        limits.requestsPerSecond = 1_000_000
        limits.requestBurst = 1_000_000
        let (ports, listening) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "isolation") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        let server = IngestServer(
            configuration: ServerConfiguration(port: 0, limits: limits), receivers: [], intake: ground.engine,
            api: backend, logger: logger, onListening: { listening.yield($0) })
        try await withThrowingTaskGroup(of: Void.self) { work in
            work.addTask { try await server.run() }
            work.addTask(executorPreference: BlockingExecutor()) {
                for await port in ports { return try await body(port) }
            }
            try await work.next()
            work.cancelAll()
            try await work.waitForAll()
        }
    }
}
