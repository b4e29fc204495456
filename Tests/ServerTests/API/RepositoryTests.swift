import Events
import Foundation
import Ingest
import Projections
import ProviderKit
import Server
import Testing

@Suite struct RepositoryTests {
    @Test func pages() async throws {
        try await APIHarness.run { harness in
            for number in 0..<7 {
                let source = "\(harness.folder)/s\(number)"
                try APIHarness.write("x", to: "\(source)/x")
                _ = try await harness.engine.addRepository(
                    APIHarness.locator(source), configuration: .init(), tenant: harness.acme.tenant)
            }
            let all = try harness.ask("GET", "/v1/repositories", as: harness.acme.token).items
            #expect(all.count == 8)
            var paged: [JSON] = []
            var next: String? = ""
            while let cursor = next {
                let answer = try harness.ask(
                    "GET", "/v1/repositories?limit=3\(cursor.isEmpty ? "" : "&cursor=\(cursor)")",
                    as: harness.acme.token)
                paged += try answer.items
                next = try answer.json["nextCursor"]?.string
            }
            #expect(paged == all)
            for query in ["limit=0", "limit=1001", "limit=a", "cursor=x", "cursor=", "limit=1&limit=2"] {
                let answer = try harness.ask("GET", "/v1/repositories?\(query)", as: harness.acme.token)
                #expect(answer.status == 400, "\(query)")
            }
        }
    }

    @Test func life() async throws {
        try await APIHarness.run { harness in
            let admin = APIHarness.admin
            let source = "\(harness.folder)/new"
            try APIHarness.write("x", to: "\(source)/x")
            let body = #"{"locator":"dir:\#(source)","tenant":"acme","excludePatterns":["*.log"]}"#
            let made = try harness.ask("POST", "/v1/repositories", as: admin, body: body)
            #expect(made.status == 201)
            let path = try #require(made.headers["location"])
            let shown = try harness.ask("GET", path, as: harness.acme.token)
            #expect(shown.body == made.body)
            #expect(try shown.json["tenant"]?.string == "acme")
            #expect(try shown.json["excludePatterns"]?.array == [.string("*.log")])
            #expect(try harness.ask("POST", "/v1/repositories", as: admin, body: body).code == "alreadyAdded")
            let change = #"{"keepHistoryDays":30,"branch":"main","isPrivate":true,"excludePatterns":[]}"#
            let changed = try harness.ask("PATCH", path, as: harness.acme.token, body: change)
            #expect(try changed.json["keepHistoryDays"]?.uint64 == 30)
            #expect(try changed.json["branch"]?.string == "main")
            #expect(try changed.json["excludePatterns"]?.array == [])
            let reset = try harness.ask("PATCH", path, as: harness.acme.token, body: #"{"keepHistoryDays":null}"#)
            #expect(try reset.json["keepHistoryDays"]?.isNull == true)
            let sync = try harness.ask("POST", path + "/sync", as: harness.acme.token)
            #expect(sync.status == 202)
            let job = try #require(try sync.json["job"]?.uint64)
            let again = try harness.ask("POST", path + "/sync", as: harness.acme.token, body: #"{"force":true}"#)
            #expect(try again.json["job"]?.uint64 == job, "it is open still")
            #expect(try harness.ask("GET", "/v1/explain?subject=\(job)", as: harness.acme.token).items.count > 0)
            #expect(try harness.ask("DELETE", path, as: harness.acme.token).status == 204)
            for method in ["GET", "DELETE", "PATCH"] {
                let answer = try harness.ask(method, path, as: harness.acme.token, body: method == "PATCH" ? "{}" : nil)
                #expect(answer.status == 404, "\(method)")
            }
        }
    }

    @Test func whatIsRefused() async throws {
        try await APIHarness.run { harness in
            let acme = "/v1/repositories/\(harness.acme.repository.rawValue)"
            let cases: [(String, String, String, Int)] = [
                ("POST", "/v1/repositories", "", 415), ("POST", "/v1/repositories", "{", 400),
                ("POST", "/v1/repositories", "[]", 400), ("POST", "/v1/repositories", "{}", 400),
                ("POST", "/v1/repositories", #"{"locator":7}"#, 400),
                ("POST", "/v1/repositories", #"{"locator":"nonsense"}"#, 422),
                ("POST", "/v1/repositories", #"{"locator":"nobody:a/b"}"#, 422),
                ("POST", "/v1/repositories", #"{"locator":"dir:/etc"}"#, 422),
                ("POST", "/v1/repositories", #"{"locator":"git:a","tenant":"globex"}"#, 404),
                ("POST", "/v1/repositories", #"{"locator":"git:a","other":1}"#, 400),
                ("POST", "/v1/repositories", #"{"locator":"git:a","locator":"git:b"}"#, 400),
                ("PATCH", acme, #"{"locator":"git:b"}"#, 400), ("PATCH", acme, #"{"keepHistoryDays":0}"#, 400),
                ("PATCH", acme, #"{"keepHistoryDays":4294967296}"#, 400), ("PATCH", acme, #"{"isPrivate":null}"#, 400),
                ("PATCH", acme, #"{"includePatterns":[""]}"#, 400), ("PATCH", acme, #"{"branch":""}"#, 400),
                ("POST", acme + "/sync", #"{"force":1}"#, 400), ("POST", acme + "/sync", #"{"other":true}"#, 400),
            ]
            for (method, path, body, status) in cases {
                let headers = body.isEmpty ? [("Content-Type", "text/plain")] : []
                let answer = try harness.ask(method, path, as: harness.acme.token, headers, body: body)
                #expect(answer.status == status, "\(method) \(path) \(body): \(answer.body)")
                #expect(answer.headers["content-type"] == "application/problem+json")
            }
            let large = #"{"locator":"git:\#(String(repeating: "a", count: 300 << 10))"}"#
            #expect(try harness.ask("POST", "/v1/repositories", as: harness.acme.token, body: large).status == 413)
            for id in ["x", "-1", "99999999999999999999", "0x1", "%00"] {
                #expect(try harness.ask("GET", "/v1/repositories/\(id)", as: harness.acme.token).status == 404, "\(id)")
            }
        }
    }

    /// The same request with the same key is carried out once; another one with it is refused.
    @Test func idempotencyKeys() async throws {
        try await APIHarness.run { harness in
            let source = "\(harness.folder)/once"
            try APIHarness.write("x", to: "\(source)/x")
            func add(_ key: String, _ further: String = "", as token: String = APIHarness.admin) throws
                -> RawClient.Answer
            {
                try harness.ask(
                    "POST", "/v1/repositories", as: token, [("Idempotency-Key", key)],
                    body: #"{"locator":"dir:\#(source)"\#(further)}"#)
            }
            let first = try add("a")
            #expect(first.status == 201)
            let second = try add("a")
            #expect(second.status == 201)
            #expect(second.body == first.body)
            #expect(second.headers["location"] == first.headers["location"])
            #expect(second.headers["idempotent-replayed"] == "true")
            #expect(second.headers["content-type"] == "application/json")
            #expect(try add("a", #","isPrivate":false"#).status == 422)
            #expect(try add("b").status == 201, "as after a new start, where nothing is remembered")
            #expect(try add("c", #","isPrivate":false"#).status == 409, "it is watched otherwise")
            #expect(try add("a", as: harness.acme.token).status == 422, "another's key is another key")
            #expect(try add(String(repeating: "k", count: 256)).status == 400)
            harness.clock.advance(seconds: 90_000)
            #expect(try add("a", #","isPrivate":false"#).status == 409, "it is forgotten after a day")
            let events = try harness.ask("GET", "/v1/events?kind=RepositoryAdded", as: APIHarness.admin).lines
            #expect(events.count == 3)
        }
    }

    @Test func traces() async throws {
        try await APIHarness.run { harness in
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let answer = try harness.ask("GET", "/v1/stats", as: harness.acme.token, [("traceparent", trace)])
            #expect(answer.headers["traceparent"] == trace)
            for wrong in ["", "00-0-0-0", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] {
                let answer = try harness.ask("GET", "/v1/stats", as: harness.acme.token, [("traceparent", wrong)])
                #expect(answer.status == 200)
                #expect(answer.headers["traceparent"] == nil)
            }
        }
    }
}
