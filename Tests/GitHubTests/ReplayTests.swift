import Events
import Foundation
import GitProtocol
import OpenSSL
import ProviderKit
import Testing

@testable import GitHub

@Suite("GitHub's recorded answers", .enabled(if: Recording.folder != nil, "the folder of given material is absent"))
struct ReplayTests {
    private static let now = Timestamp(seconds: 1_377_140_000)

    /// A client that talks to a server which answers with these recordings.
    private struct Replay: Sendable {
        let server: ReplayServer
        let settings: GitHubSettings
        let ledger = QuotaLedger()
        let client: RESTClient
        let access = Access(quota: "github:token", tokens: FixedToken(secret: Secret("ghp_planted")))

        init(_ recordings: [Recording], key: RSAPrivateKey? = nil) throws {
            server = try ReplayServer(recordings)
            var settings = GitHubSettings(now: { ReplayTests.now }, pause: { _ in })
            settings.apiURL = server.url
            settings.appID = key == nil ? nil : "243473"
            settings.appPrivateKey = try key.map { Secret(try $0.pem()) }
            self.settings = settings
            client = RESTClient(settings: settings, ledger: ledger, pool: ConnectionPool(settings), isUrgent: true)
        }

        func get(_ path: String, etag: String? = nil) async throws -> RESTAnswer {
            var request = RESTRequest(path)
            request.ifNoneMatch = etag
            return try await client.send(request, as: access)
        }

        var remaining: UInt64? { ledger.rateLimit(of: "github:token")?.remaining }
    }

    private func replay(
        _ names: [String], key: RSAPrivateKey? = nil, _ body: (Replay) async throws -> Void
    ) async throws {
        let replay = try Replay(names.flatMap { try Recording.pygithub($0) }, key: key)
        defer { replay.server.stop() }
        try await body(replay)
        for request in replay.server.requests {
            #expect(request.headers["authorization"]?.hasPrefix("Bearer ") == true)
            #expect(request.headers["user-agent"] == "ingestor")
        }
    }

    @Test("a tag is answered with 304, which costs nothing, until there is something new")
    func conditional() async throws {
        let names = ["setUp", "testDidNotUpdate", "testDidUpdate"].map { "ConditionalRequestUpdate.\($0)" }
        try await replay(names) { replay in
            let first = try await replay.get("/repos/akfish/PyGithub")
            #expect(first.status == 200 && first.etag == "\"8600bedcb7fed1d8065e1693e05529ce\"")
            let left = replay.remaining
            #expect(left == 4988)
            let second = try await replay.get("/repos/akfish/PyGithub", etag: first.etag)
            #expect(second.status == 304 && second.body.byteCount == 0)
            #expect(replay.remaining == left)
            let third = try await replay.get("/repos/akfish/PyGithub", etag: first.etag)
            #expect(third.status == 200 && third.etag != first.etag)
            #expect(replay.remaining == 4987)
            #expect(replay.server.requests.map { $0.headers["if-none-match"] } == [nil, first.etag, first.etag])
            #expect(try RepositoryLookup(third.json()).id == 12_156_762)
        }
    }

    @Test("limits in headers; those of other resources are not REST's")
    func headers() async throws {
        try await replay(["RateLimiting.testResetTime"]) { replay in
            _ = try await replay.get("/rate_limit")
            let limit = replay.ledger.rateLimit(of: "github:token")
            #expect(limit == RateLimit(limit: 5000, remaining: 4903, resetAt: Timestamp(seconds: 1_684_195_041)))
        }
    }

    @Test("with nothing left, and no word of when, it waits a minute")
    func exceeded() async throws {
        try await replay(["SpecificExceptions.testRateLimitExceeded"]) { replay in
            #expect(try await replay.get("/users/jacquev6").status == 200)
            let error = try await providerError { _ = try await replay.get("/users/jacquev6") }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == Self.now.adding(seconds: 60))
            // The next one is not even sent.
            _ = try await providerError { _ = try await replay.get("/users/jacquev6") }
            #expect(replay.server.requests.count == 2)
        }
    }

    @Test("the secondary limit with its retry-after")
    func abuse() async throws {
        let name = "SpecificExceptions.testAuthenticatedRateLimitExceeded"
        try await replay([name]) { replay in
            var error: ProviderError?
            for recording in try Recording.pygithub(name) {
                error = try await providerError { _ = try await replay.get(recording.path) }
            }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == Self.now.adding(seconds: 60))
        }
    }

    @Test(
        "refusals",
        arguments: [
            ("SpecificExceptions.testBadCredentials", "/user", ProviderError.Code.forbidden),
            ("SpecificExceptions.test2FARequired", "/user", .forbidden),
            ("SpecificExceptions.testBadUserAgent", "/user", .forbidden),
            ("SpecificExceptions.testUnknownObject", "/repos/jacquev6/Xxx", .notFound),
            ("Retry.testShouldNotRetryWhenStatusNotOnList", "/repos/PyGithub/PyGithub", .malformed),
        ])
    func refusals(name: String, path: String, code: ProviderError.Code) async throws {
        try await replay([name]) { replay in
            let answer = try await replay.get(path)
            let error = answer.failure("it")
            #expect(error.code == code && error.errorClass == .permanent)
            #expect(!error.message.contains("planted"))
            #expect(replay.server.requests.count == 1)
            // A refusal is no limit.
            _ = try await replay.get("/other")
        }
    }

    @Test("a server that fails is asked again, so often and no more", arguments: [(1, 3), (3, 4)])
    func retries(failures: Int, tries: Int) async throws {
        let name = failures == 1 ? "Retry.testReturnsRepoAfter1Retry" : "Retry.testReturnsRepoAfter3Retries"
        let recordings = try Recording.pygithub(name)
        #expect(recordings.count == failures + 1)
        let replay = try Replay(recordings)
        defer { replay.server.stop() }
        var settings = replay.settings
        settings.maximumTries = tries
        let client = RESTClient(
            settings: settings, ledger: replay.ledger, pool: ConnectionPool(settings), isUrgent: true)
        let answer = try await client.send(RESTRequest("/repos/PyGithub/PyGithub"), as: replay.access)
        let found = try RepositoryLookup(answer.json(RepositoryLookup.selection))
        #expect(found.id == 3_544_490)
        #expect(found.name.description == "pygithub/pygithub")
        #expect(found.isPrivate == false && found.defaultBranch == Array("master".utf8))
        #expect(replay.server.unused == 0)
    }

    @Test("a server that goes on failing is a passing failure")
    func retriesEnd() async throws {
        try await replay(["Retry.testRaisesRetryErrorAfterMaxRetries"]) { replay in
            let error = try await providerError { _ = try await replay.get("/repos/PyGithub/PyGithub") }
            #expect(error?.errorClass == .transient && error?.code == .serverError)
            #expect(replay.server.requests.count == replay.settings.maximumTries)
        }
    }

    @Test("an App finds its installation and gets a token, with a web token that it signed")
    func app() async throws {
        let key = try RSAPrivateKey.generate()
        let names = ["testGetRepoInstallation", "testGetAccessToken"].map { "GithubIntegration.\($0)" }
        try await replay(names, key: key) { replay in
            let book = CredentialBook(settings: replay.settings, store: NoCredentials())
            let name = try #require(RepositoryName("ammarmallik/test-runner"))
            let access = try await book.access(of: TenantID(1), to: name, replay.client)
            #expect(access.quota == "github:installation:30614431")
            #expect(try await access.token(replay.client)?.revealText() == "ghs_REDACTED")
            #expect(replay.server.requests.map(\.method) == ["GET", "POST"])
            for request in replay.server.requests {
                let token = try #require(request.headers["authorization"]?.dropFirst("Bearer ".count))
                let parts = token.split(separator: ".").map(String.init)
                let claims = try JSON(validating: decoded(parts[1]))
                #expect(claims["iss"]?.string == "243473")
                #expect(claims["iat"]?.int64 == Self.now.seconds - 60)
                #expect((claims["exp"]?.int64 ?? .max) <= Self.now.seconds + 600)
                #expect(key.publicKey.verifySHA256(decoded(parts[2]), of: Array("\(parts[0]).\(parts[1])".utf8)))
            }
        }
    }

    @Test(
        "refused tokens of installations",
        arguments: [
            ("ForNoInstallation", UInt64(40_432_121), ErrorClass.transient), ("WithExpiredJWT", 30_614_431, .permanent),
            ("WithInvalidData", 30_614_431, .permanent), ("WithInvalidPermissions", 30_614_431, .permanent),
        ])
    func refusedInstallation(name: String, id: UInt64, errorClass: ErrorClass) async throws {
        try await replay(["GithubIntegration.testGetAccessToken\(name)"], key: try .generate()) { replay in
            let app = try CredentialBook(settings: replay.settings, store: NoCredentials()).app()
            let tokens = InstallationTokens(installation: id, app: app)
            let error = try await providerError { _ = try await tokens.token(replay.client) }
            #expect(error?.errorClass == errorClass)
        }
    }

    @Test("a redirect leads to the repository by its number, and says that it has moved")
    func moved() async throws {
        try await replay(["Repository.testGetRepositoryWith301Redirect"]) { replay in
            let answer = try await replay.get("/repos/protoncoin/protoncoin")
            #expect(answer.hasMoved)
            let found = try RepositoryLookup(answer.json())
            #expect(found.id == 112_116_543 && found.name.description == "padima2/protoncoin")
        }
        let replay = try Replay(try Recording.octokit("rename-repository").filter { $0.method == "GET" })
        defer { replay.server.stop() }
        let answer = try await replay.get("/repos/octokit-fixture-org/rename-repository")
        #expect(answer.hasMoved && answer.status == 200)
        #expect(try RepositoryLookup(answer.json()).id == 1000)
    }

    @Test("a recursive tree is proven by its id, and every directory in it by its own")
    func tree() async throws {
        try await replay(["Repository.testGetGitTreeWithRecursive", "GitTree.setUp"]) { replay in
            let root = try #require(ObjectID(hex: "f492784d8ca837779650d1fb406a1a3587a764ad"))
            let answer = try await replay.get("/repos/PyGithub/PyGithub/git/trees/\(root)?recursive=1")
            var told = ToldTrees()
            #expect(try told.take(answer.json(ToldTrees.selection), of: root) == false)
            #expect(told.trees[root]?.isEmpty == false)
            let directories = try #require(try answer.json()["tree"]?.array).filter { $0["type"]?.string == "tree" }
            #expect(told.trees.count == directories.count + 1)
            // The same directory alone.
            let single = try await replay.get("/repos/jacquev6/PyGithub/git/trees/\(root)")
            var other = ToldTrees()
            _ = try other.take(single.json(ToldTrees.selection), of: root)
            #expect(other.trees[root]?.sorted(by: Tree.precedes) == told.trees[root]?.sorted(by: Tree.precedes))
        }
    }

    @Test("a blob is what its id says")
    func blob() async throws {
        try await replay(["GitBlob.setUp"]) { replay in
            let id = "53bce9fa919b4544e67275089b3ec5b44be20667"
            let json = try await replay.get("/repos/jacquev6/PyGithub/git/blobs/\(id)").json()
            let content = try #require(
                json["content"]?.string.flatMap { Data(base64Encoded: $0, options: .ignoreUnknownCharacters) })
            var hasher = ObjectHasher()
            #expect(hasher.hash(.blob, [UInt8](content)).hex == id)
            #expect(json["size"]?.uint64 == UInt64(content.count))
        }
    }

    @Test(
        "comparisons",
        arguments: [("testCompare", 1), ("testCompareCommitsPerPage", 1), ("testCompareCommitPagination", 2)])
    func comparisons(name: String, position: Int) async throws {
        try await replay(["Repository.\(name)"]) { replay in
            let path = try #require(
                try Recording.pygithub("Repository.\(name)").first { $0.path.contains("/compare/") }?.path)
            let answer = try await replay.get(path)
            #expect(throws: Never.self) {
                _ = try Comparison(answer.json(Comparison.selection), maximumFileCount: 300)
            }
            let count = try #require(try answer.json()["files"]?.array?.count)
            #expect(throws: LadderStep.self) {
                _ = try Comparison(answer.json(Comparison.selection), maximumFileCount: count)
            }
        }
    }

    @Test(
        "deliveries of hooks", arguments: ["Github", "Organization", "Repository"])
    func deliveries(owner: String) async throws {
        let name = "\(owner).testGetHookDeliveries"
        try await replay([name]) { replay in
            let answer = try await replay.get(try #require(try Recording.pygithub(name).first?.path))
            let delivery = try ReportedDelivery(try #require(try answer.json().array?.first))
            #expect(delivery.id == 12345 && delivery.delivery == "abcde-12345" && delivery.event == "issues")
            #expect(delivery.succeeded && delivery.deliveredAt.rfc3339 == "2012-05-27T06:00:32Z")
        }
    }

    @Test("pages follow each other, by number too")
    func pages() async throws {
        let replay = try Replay(try Recording.octokit("paginate-issues"))
        defer { replay.server.stop() }
        var page: String? = "/repos/octokit-fixture-org/paginate-issues/issues?per_page=3"
        var numbers: [UInt64] = []
        while let path = page {
            let answer = try await replay.get(path)
            numbers += try answer.json().array?.compactMap { $0["number"]?.uint64 } ?? []
            page = answer.nextPage
        }
        #expect(replay.server.unused == 0)
        #expect(Set(numbers).count == numbers.count && numbers.count > 10)
    }

    @Test("a page on another host is not followed, and gets no token")
    func otherHost() async throws {
        let replay = try Replay([])
        defer { replay.server.stop() }
        #expect(try await providerError { _ = try await replay.get("http://127.0.0.1:1/x") }?.code == .malformed)
        var moved = Recording(method: "GET", path: "/a", status: 301, headers: [], body: "")
        moved.headers = [("Location", "http://localhost:\(replay.server.port)/b")]
        let other = try Replay([moved])
        defer { other.server.stop() }
        #expect(try await providerError { _ = try await other.get("/a") }?.errorClass == .permanent)
        #expect(other.server.requests.count == 1)
    }

    private func decoded(_ text: String) -> [UInt8] {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
        return [UInt8](Data(base64Encoded: padded) ?? Data())
    }
}
