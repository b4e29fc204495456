import Events
import Ingest
import Projections
import ProviderKit
import Server
import Testing

@Suite struct AccessTests {
    static let routes = [
        ("GET", "/v1/repositories"), ("POST", "/v1/repositories"), ("GET", "/v1/repositories/1"),
        ("PATCH", "/v1/repositories/1"), ("DELETE", "/v1/repositories/1"), ("POST", "/v1/repositories/1/sync"),
        ("GET", "/v1/repositories/1/files"), ("GET", "/v1/blobs/\(String(repeating: "a", count: 40))"),
        ("GET", "/v1/blobs/\(String(repeating: "a", count: 40))/metadata"), ("GET", "/v1/events"),
        ("GET", "/v1/explain?subject=1"), ("GET", "/v1/status"), ("GET", "/v1/stats"), ("GET", "/v1/dead-letters"),
        ("GET", "/v1/dead-letters/1"), ("POST", "/v1/dead-letters/1/retry"),
    ]

    @Test func nothingWithoutAToken() async throws {
        try await APIHarness.run { harness in
            for (method, path) in Self.routes {
                for token in [nil, "wrong", "", harness.acme.token + "x", String(harness.acme.token.dropLast())] {
                    let answer = try harness.ask(method, path, as: token, body: method == "GET" ? nil : "{}")
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
                    #expect(answer.headers["content-type"] == "application/problem+json")
                }
            }
            let basic = try harness.ask("GET", "/v1/stats", as: nil, [("Authorization", "Basic \(harness.acme.token)")])
            #expect(basic.status == 401)
            #expect(try harness.ask("GET", "/v1/nothing", as: nil).status == 404)
            #expect(try harness.ask("PUT", "/v1/stats", as: nil).headers["allow"] == "GET, HEAD")
        }
    }

    /// A token that is taken back gives no access any more; once the last one is gone that is what is said.
    @Test func revokedTokens() async throws {
        try await APIHarness.run(admin: nil) { harness in
            #expect(try harness.ask("GET", "/v1/stats", as: APIHarness.admin).status == 401, "nobody set it")
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200)
            try await harness.engine.revokeToken(harness.acme.tokenID)
            let refused = try harness.ask("GET", "/v1/stats", as: harness.acme.token)
            #expect(refused.status == 401)
            #expect(try refused.code == "wrongToken")
            await #expect(throws: IngestError.self) { try await harness.engine.revokeToken(harness.acme.tokenID) }
            await #expect(throws: IngestError.self, "it is another's") {
                try await harness.engine.revokeToken(harness.globex.tokenID, of: harness.acme.tenant)
            }
            try await harness.engine.revokeToken(harness.globex.tokenID)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.globex.token).code == "notConfigured")
        }
    }

    /// Guessing ends for a minute: a token that was good before is, and any other has to wait, right or wrong.
    @Test func guessing() async throws {
        try await APIHarness.run { harness in
            func status(_ token: String) throws -> Int { try harness.ask("GET", "/v1/stats", as: token).status }
            #expect(try status(harness.acme.token) == 200)
            var statuses: [Int: Int] = [:]
            for number in 0..<1010 { statuses[try status("guess \(number)"), default: 0] += 1 }
            #expect(statuses == [401: 1000, 429: 10])
            #expect(try status(harness.acme.token) == 200)
            let waiting = try harness.ask("GET", "/v1/stats", as: harness.globex.token)
            #expect(waiting.status == 429 && waiting.headers["retry-after"] == "60")
            harness.clock.advance(seconds: 61)
            #expect(try status(harness.globex.token) == 200)
            #expect(try status("guess") == 401)
        }
    }

    /// A tenant's tokens add nothing that lies on this machine or in its networks; the administrator's does.
    @Test func privateNetworks() async throws {
        try await APIHarness.run { harness in
            func answer(_ token: String) throws -> RawClient.Answer {
                try harness.ask(
                    "POST", "/v1/repositories", as: token, body: #"{"locator":"git:http://10.0.0.1/x"}"#)
            }
            for token in [harness.acme.token, harness.globex.token] {
                let refused = try answer(token)
                #expect(refused.status == 422 && refused.body.contains("for whoever runs this service"))
            }
            // Nobody reads git: here.
            #expect(try answer(APIHarness.admin).body.contains("there is no provider git"))
        }
    }

    @Test func tokensAreNowhere() async throws {
        try await APIHarness.run { harness in
            let answer = try harness.ask("GET", "/v1/events", as: APIHarness.admin)
            #expect(answer.body.contains("TokenIssued"))
            #expect(!answer.body.contains(harness.acme.token))
            #expect(harness.acme.token.hasPrefix("ingestor_"))
            #expect(harness.acme.token.utf8.count == 52)
        }
    }

    /// No route shows one tenant anything of another: not by its number, its hash, its name or its count.
    @Test func tenantsSeeTheirOwn() async throws {
        try await APIHarness.run { harness in
            let (acme, globex) = (harness.acme, harness.globex)
            let other = globex.repository.rawValue
            let secret = APIHarness.id("of globex alone")
            let job = try await harness.engine.requestSync(globex.repository)
            let hidden: [(String, String, String?)] = [
                ("GET", "/v1/repositories/\(other)", nil), ("PATCH", "/v1/repositories/\(other)", "{}"),
                ("DELETE", "/v1/repositories/\(other)", nil), ("POST", "/v1/repositories/\(other)/sync", nil),
                ("GET", "/v1/repositories/\(other)/files", nil),
                ("GET", "/v1/repositories/\(other)/files?limit=1", nil),
                ("GET", "/v1/blobs/\(secret)", nil), ("HEAD", "/v1/blobs/\(secret)", nil),
                ("GET", "/v1/blobs/\(secret)/metadata", nil), ("GET", "/v1/events?repository=\(other)", nil),
                ("GET", "/v1/explain?subject=\(other)", nil), ("GET", "/v1/explain?subject=\(job.rawValue)", nil),
                ("GET", "/v1/explain?subject=\(secret)", nil), ("GET", "/v1/explain?subject=dir:\(globex.folder)", nil),
                ("GET", "/v1/explain?subject=dir:\(globex.folder):own.txt", nil),
                ("GET", "/v1/explain?subject=\(globex.tokenID.rawValue)", nil),
                ("GET", "/v1/status?repository=\(other)", nil), ("GET", "/v1/dead-letters/\(job.rawValue)", nil),
                ("POST", "/v1/dead-letters/\(job.rawValue)/retry", nil),
            ]
            for (method, path, body) in hidden {
                #expect(try harness.ask(method, path, as: acme.token, body: body).status == 404, "\(method) \(path)")
                // They are there: whose they are, and the administrator, see them.
                guard method == "GET", !path.contains("dead-letters") else { continue }
                #expect(try harness.ask(method, path, as: globex.token).status == 200, "\(method) \(path)")
                #expect(try harness.ask(method, path, as: APIHarness.admin).status == 200, "\(method) \(path)")
            }
            for path in ["/v1/repositories", "/v1/events", "/v1/status", "/v1/stats", "/v1/dead-letters"] {
                let answer = try harness.ask("GET", path, as: acme.token)
                #expect(answer.status == 200, "\(path)")
                #expect(!answer.body.contains("globex"), "\(path)")
                #expect(!answer.body.contains(secret), "\(path)")
            }
            let own = try harness.ask("GET", "/v1/events", as: acme.token).lines
            #expect(!own.isEmpty)
            #expect(own.allSatisfy { $0["tenant"]?.string == "acme" })
            // Both have a content of the same bytes. Each sees its own copy, its own references and its own sizes.
            let shared = APIHarness.id("readable by all")
            let metadata = try harness.ask("GET", "/v1/blobs/\(shared)/metadata", as: acme.token).json
            #expect(metadata["references"]?.uint64 == 1)
            #expect(try harness.ask("GET", "/v1/stats", as: acme.token).json["blobs"]?.uint64 == 2)
            #expect(try harness.ask("GET", "/v1/stats", as: APIHarness.admin).json["blobs"]?.uint64 == 4)
            #expect(try harness.ask("GET", "/v1/repositories", as: APIHarness.admin).items.count == 2)
        }
    }

    /// What is public everybody may read, but nobody learns when and how often others have it.
    @Test func whatIsPublic() async throws {
        try await APIHarness.run { harness in
            let source = "\(harness.folder)/public"
            try APIHarness.write("for everybody", to: "\(source)/a.txt")
            let row = try await harness.engine.addRepository(
                APIHarness.locator(source), configuration: .init(isPrivate: false), tenant: harness.globex.tenant)
            _ = try await harness.engine.sync(row.id)
            let id = APIHarness.id("for everybody")
            #expect(try harness.ask("GET", "/v1/blobs/\(id)", as: harness.acme.token).body == "for everybody")
            let metadata = try harness.ask("GET", "/v1/blobs/\(id)/metadata", as: harness.acme.token).json
            for field in ["shard", "storedSize", "createdAt"] { #expect(metadata[field]?.isNull == true, "\(field)") }
            #expect(metadata["references"]?.uint64 == 0)
            #expect(metadata["isPublic"]?.bool == true)
            #expect(try harness.ask("GET", "/v1/explain?subject=\(id)", as: harness.acme.token).status == 404)
            let own = try harness.ask("GET", "/v1/blobs/\(id)/metadata", as: harness.globex.token).json
            #expect(own["references"]?.uint64 == 1)
            #expect(own["createdAt"]?.string != nil)
            #expect(own["shard"]?.isNull == true, "others' contents lie in it too")
        }
    }

    @Test func requestsOfOneTokenAreCounted() async throws {
        try await APIHarness.run(limits: {
            $0.requestsPerSecond = 1
            $0.requestBurst = 3
        }) { harness in
            for _ in 0..<3 { #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200) }
            let refused = try harness.ask("GET", "/v1/stats", as: harness.acme.token)
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] == "1")
            #expect(try harness.ask("GET", "/v1/stats", as: harness.globex.token).status == 200)
            harness.clock.advance(seconds: 1)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 200)
            #expect(try harness.ask("GET", "/v1/stats", as: harness.acme.token).status == 429)
        }
    }
}
