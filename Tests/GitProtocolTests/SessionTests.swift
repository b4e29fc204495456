import Curl
import Foundation
import GitHubSimulator
import GitProtocol
import Testing

/// The client against the real `git http-backend`.
struct SessionTests {
    /// Runs blocking work on a thread of its own: the server needs the cooperative ones.
    private static func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Swift.Result { try body() }) }
            thread.start()
        }
    }

    private static func session(_ url: String, stallTimeoutSeconds: Int = 60) throws -> SmartHTTPSession {
        var settings = CurlSettings()
        settings.stallTimeoutSeconds = stallTimeoutSeconds
        return try SmartHTTPSession(url: HTTPURL(url), settings: settings)
    }

    private static func fetch(
        _ request: FetchRequest, _ url: String, _ path: String, bases: any BaseProvider = NoBases(),
        limits: PackLimits = PackLimits()
    ) throws -> Pack {
        let spool = try PackSpool(path: path, limits: limits)
        _ = try session(url).fetch(request, into: spool)
        return try spool.finish(bases: bases)
    }

    private static func ids(_ pack: Pack) -> [ObjectID] { (0..<pack.objectCount).map { pack[$0].id } }

    private static func repository(_ folder: String) throws -> (RepositoryBuilder, [ObjectID]) {
        let repository = try RepositoryBuilder(at: "\(folder)/p.git")
        var commits: [ObjectID] = []
        for commit in 0..<5 {
            for file in 0..<40 where file % 5 >= commit {
                repository.write(
                    "d\(file % 7)/f\(file)", .text(String(repeating: "line \(file)\n", count: 50) + "\(commit)"))
            }
            commits.append(try #require(ObjectID(hex: repository.commit("commit \(commit)"))))
        }
        return (repository, commits)
    }

    @Test func everyModeBringsTheSameTree() async throws {
        try await withTemporaryFolder { folder in
            let (repository, commits) = try Self.repository(folder)
            try await GitServer.withServer(.init(root: folder)) { server in
                let url = server.url("p.git")
                let (old, new) = (commits[3], commits[4])
                let listing = try Set(repository.entries().compactMap { ObjectID(hex: $0.id) })
                try await Self.blocking {
                    let session = try Self.session(url)
                    let refs = try session.listRefs(prefixes: ["HEAD", "refs/heads/main"])
                    #expect(refs.ref("HEAD")?.id == new)
                    #expect(refs.defaultBranch == "main")
                    #expect(refs.branch("main")?.id == new)
                    #expect(refs.refs.count == 2)
                    #expect(session.traffic.requestCount == 2)
                    #expect(session.traffic.connectionCount == 1)
                    #expect(session.movedTo == nil)

                    let plain = try Self.fetch(.snapshot(new), url, folder + "/plain")
                    #expect(listing.isSubset(of: Self.ids(plain)))
                    #expect(Self.ids(plain).filter { commits.contains($0) } == [new])

                    let known = try Self.fetch(.snapshot(old), url, folder + "/known")
                    let reader = try PackReader(known)
                    let bases = try Objects(
                        objects: Dictionary(
                            Self.ids(known).map { ($0, try reader.read($0, maxBytes: 1 << 20)) },
                            uniquingKeysWith: { $1 }))
                    let spool = try PackSpool(path: folder + "/thin")
                    let result = try session.fetch(.incremental(from: old, to: new), into: spool)
                    #expect(result.shallow.isEmpty || result.shallow == [new])
                    let thin = try spool.finish(bases: bases)
                    #expect(thin.objectCount < plain.objectCount / 2)
                    #expect(Set(Self.ids(plain)).isSubset(of: Self.ids(known) + Self.ids(thin)))

                    let partial = try Self.fetch(.withoutBlobs(new), url, folder + "/partial")
                    #expect(Self.ids(partial).allSatisfy { !listing.contains($0) })
                    let blobs = try Self.fetch(.objects(Array(listing)), url, folder + "/blobs")
                    #expect(Set(Self.ids(blobs)) == listing)
                    #expect(Set(Self.ids(partial) + Self.ids(blobs)) == Set(Self.ids(plain)))
                    #expect(
                        try Self.fetch(FetchRequest(wants: [new]), url, folder + "/all").objectCount > plain.objectCount
                    )
                }
            }
        }
    }

    @Test func failuresAreTyped() async throws {
        try await withTemporaryFolder { folder in
            let (_, commits) = try Self.repository(folder)
            _ = try RepositoryBuilder(at: "\(folder)/empty.git")
            let sha256 = try RepositoryBuilder(at: "\(folder)/new.git", format: .sha256)
            sha256.write("a", "b")
            _ = try sha256.commit("one")
            try await GitServer.withServer(.init(root: folder)) { server in
                let url = server.url("p.git")
                let head = commits[4]
                func failure(
                    _ body: @escaping @Sendable () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
                ) async throws -> RemoteError? {
                    try await Self.blocking {
                        #expect(throws: RemoteError.self, sourceLocation: sourceLocation) { try body() }
                    }
                }
                let attempt: @Sendable () throws -> Void = {
                    _ = try Self.fetch(.snapshot(head), url, folder + "/attempt")
                }
                #expect(
                    try await failure { _ = try Self.session(server.url("no.git")).capabilities() }?.code == .notFound)
                #expect(
                    try await failure { _ = try Self.session(server.url("new.git")).listRefs(prefixes: []) }?.code
                        == .sha256Repository)
                let empty = try await Self.blocking { try Self.session(server.url("empty.git")).listRefs(prefixes: []) }
                #expect(empty.defaultBranch == "main" && empty.refs.allSatisfy { $0.id == nil })

                let missing = try #require(ObjectID(hex: String(repeating: "12", count: 20)))
                let lost = try await failure { _ = try Self.fetch(.snapshot(missing), url, folder + "/lost") }
                #expect(lost?.code == .notOurRef)
                #expect(lost?.object == missing)

                let faults: [(Fault, RemoteError.Code)] = [
                    (.answer(status: 401, headers: [:], body: []), .unauthorized),
                    (.answer(status: 403, headers: [:], body: []), .forbidden),
                    (.unavailable, .serverFailed), (.rateLimited(retryAfterSeconds: 17), .rateLimited),
                    (.cut(afterBytes: 30), .transport), (.hang(afterBytes: 30), .transport),
                    (.answer(status: 200, headers: ["Content-Type": "text/html"], body: Array("<html>".utf8)), .notGit),
                ]
                for kind in [RequestKind.capabilities, .lsRefs, .fetch] {
                    for (fault, code) in faults {
                        server.inject(fault, on: [kind], times: 1)
                        let error = try await failure {
                            let isHang = if case .hang = fault { true } else { false }
                            let session = try Self.session(url, stallTimeoutSeconds: isHang ? 1 : 60)
                            _ = try session.listRefs(prefixes: [])
                            _ = try session.fetch(.snapshot(head), into: PackSpool(path: folder + "/fault"))
                        }
                        #expect(error?.code == code, "\(kind), \(fault): \(error?.message ?? "none")")
                        if code == .rateLimited { #expect(error?.disposition == .rateLimited(.seconds(17))) }
                        server.clearFaults()
                    }
                }
                server.inject(.protocolV0, on: [.capabilities], times: 1)
                #expect(try await failure(attempt)?.code == .protocolTooOld)
                server.inject(.errorPacket("go away\u{7}"), on: [.fetch], times: 1)
                let refused = try await failure(attempt)
                #expect(refused?.code == .refused)
                #expect(refused?.message.contains("go away") == true)
                server.clearFaults()

                for offset in [0, 13, 200, 1000] {
                    server.inject(.corruptPack(atByte: offset), on: [.fetch], times: 1)
                    let error = try await Self.blocking { #expect(throws: GitFormatError.self) { try attempt() } }
                    #expect(error != nil)
                }
                for bytes in [100, 500, 2000] {
                    server.inject(.cut(afterBytes: bytes), on: [.fetch], times: 1)
                    #expect(try await failure(attempt)?.disposition == .transient)
                }
                var limits = PackLimits()
                limits.maxPackBytes = 500
                let tight = limits
                let full = try await Self.blocking {
                    #expect(throws: GitFormatError.self) {
                        try Self.fetch(.snapshot(head), url, folder + "/tight", limits: tight)
                    }
                }
                #expect(full?.code == .limitExceeded)
            }
        }
    }

    @Test func redirectsAreFollowedOnce() async throws {
        try await withTemporaryFolder { folder in
            let (_, commits) = try Self.repository(folder)
            try await GitServer.withServer(.init(root: folder)) { server in
                server.inject(.redirect(from: "/old.git", to: "/p.git", status: 301), on: [.capabilities], times: 1)
                let (old, new, head) = (server.url("old.git"), server.url("p.git"), commits[4])
                try await Self.blocking {
                    let session = try Self.session(old + "/")
                    #expect(try session.listRefs(prefixes: ["HEAD"]).ref("HEAD")?.id == head)
                    #expect(session.movedTo?.text == new)
                    let spool = try PackSpool(path: folder + "/moved")
                    _ = try session.fetch(.snapshot(head), into: spool)
                    #expect(try spool.finish().contains(head))
                    #expect(session.traffic.requestCount == 4)
                }
            }
        }
    }

    @Test func nothingIsSentThatIsNotOffered() async throws {
        try await withTemporaryFolder { folder in
            let (_, commits) = try Self.repository(folder)
            var configuration = GitServer.Configuration(root: folder)
            configuration.allowFilter = false
            try await GitServer.withServer(configuration) { server in
                let (url, head) = (server.url("p.git"), commits[4])
                let error = try await Self.blocking { () throws -> RemoteError? in
                    #expect(try Self.session(url).capabilities().hasFilter == false)
                    return #expect(throws: RemoteError.self) {
                        try Self.fetch(.withoutBlobs(head), url, folder + "/partial")
                    }
                }
                #expect(error?.code == .capabilityMissing)
                #expect(server.traffic.count(of: .fetch) == 0)
            }
        }
    }
}
