import Events
import Foundation
import Ingest
import ProviderKit
import Server
import Synchronization
import Testing

@Suite struct WebhookRouteTests {
    static let push = Array(
        #"{"ref":"refs/heads/🚀","before":"\#(String(repeating: "a", count: 40))","after":"\#(String(repeating: "b", count: 40))","repository":{"id":7,"full_name":"o/r"},"sender":{"login":"ü"}}"#
            .utf8)

    @Test func acceptedOnceItWasTakenIn() async throws {
        let intake = MemoryIntake()
        try await withServer(intake: intake) { port, _ in
            let client = try RawClient(port: port)
            client.send(signed([UInt8](Self.push), delivery: "first"))
            let first = try client.answer()
            #expect(first.status == 202)
            #expect(first.body == #"{"position":0,"delivery":"first","duplicate":false}"#)
            #expect(first.headers["content-type"] == "application/json")
            // The same connection serves on; a charset is no other content type.
            client.send(signed([UInt8](Self.push), delivery: "second", contentType: "Application/JSON; charset=utf-8"))
            #expect(try client.answer().body == #"{"position":1,"delivery":"second","duplicate":false}"#)
            client.send(signed([UInt8](Self.push), delivery: "first"))
            #expect(try client.answer().body == #"{"position":0,"delivery":"first","duplicate":true}"#)
        }
        #expect(intake.received.count == 3)
        #expect(intake.received.first?.body == Self.push, "the bytes as they were received")
        #expect(intake.received.first?.secret == 0)
        #expect(intake.received.first?.report.sender == "ü")
        #expect(intake.rejected.isEmpty)
    }

    struct Case: Sendable {
        var name: String
        var bytes: [UInt8]
        var status: Int
        var code: String
        var counted: WebhookRejection?
    }

    static let cases = [
        Case(
            name: "no signature", bytes: request(push, signature: nil), status: 401, code: "missingSignature",
            counted: .missingSignature),
        Case(
            name: "no signature, sent as a form", bytes: request(push, signature: nil, contentType: "text/plain"),
            status: 401, code: "missingSignature", counted: .missingSignature),
        Case(
            name: "malformed signature", bytes: request(push, signature: "sha256=xyz"), status: 401,
            code: "wrongSignature", counted: .wrongSignature),
        Case(
            name: "another's signature", bytes: request(push, signature: signature(push + [0])), status: 401,
            code: "wrongSignature", counted: .wrongSignature),
        Case(
            name: "another's signature, sent as a form",
            bytes: request(push, signature: signature(push + [0]), contentType: "text/plain"), status: 401,
            code: "wrongSignature", counted: .wrongSignature),
        Case(
            name: "a form", bytes: signed(push, contentType: "application/x-www-form-urlencoded"), status: 415,
            code: "wrongContentType", counted: .wrongContentType),
        Case(
            name: "no content type", bytes: signed(push, contentType: nil), status: 415, code: "wrongContentType",
            counted: .wrongContentType),
        Case(name: "an empty body", bytes: signed([]), status: 400, code: "malformed", counted: .malformed),
        Case(
            name: "no delivery", bytes: signed(push, delivery: ""), status: 400, code: "malformed", counted: .malformed),
        Case(
            name: "another provider",
            bytes: Array("POST /webhooks/gitlab HTTP/1.1\r\nHost: l\r\nContent-Length: 2\r\n\r\n{}".utf8), status: 404,
            code: "notFound", counted: nil),
        Case(
            name: "a look", bytes: Array("GET /webhooks/github HTTP/1.1\r\nHost: l\r\n\r\n".utf8), status: 405,
            code: "wrongMethod", counted: nil),
        Case(
            name: "another path", bytes: Array("GET /webhooks HTTP/1.1\r\nHost: l\r\n\r\n".utf8), status: 404,
            code: "notFound", counted: nil),
    ]

    @Test func refusals() async throws {
        for refusal in Self.cases {
            let intake = MemoryIntake()
            let answer = try await withServer(intake: intake) { port, _ in
                let client = try RawClient(port: port)
                client.send(refusal.bytes)
                return try client.answer()
            }
            #expect(answer.status == refusal.status, "\(refusal.name)")
            #expect(answer.headers["content-type"] == "application/problem+json", "\(refusal.name)")
            let problem = try JSON(validating: Array(answer.body.utf8))
            #expect(problem["code"]?.string == refusal.code, "\(refusal.name)")
            #expect(problem["status"]?.int64 == Int64(refusal.status), "\(refusal.name)")
            #expect(problem["title"]?.string?.isEmpty == false, "\(refusal.name)")
            #expect(!answer.body.contains("Secret"), "\(refusal.name)")
            #expect(intake.rejected == (refusal.counted.map { [$0: 1] } ?? [:]), "\(refusal.name)")
            #expect(intake.received.isEmpty, "\(refusal.name)")
        }
    }

    @Test func nothingIsGenuineWithoutASecret() async throws {
        let intake = MemoryIntake()
        try await withServer(intake: intake, secrets: []) { port, _ in
            let client = try RawClient(port: port)
            client.send(signed([UInt8](Self.push)))
            #expect(try client.answer().status == 401)
        }
        #expect(intake.rejected == [.notConfigured: 1])
    }

    @Test func whatIsNotDurableIsToBeSentAgain() async throws {
        let intake = MemoryIntake()
        intake.contents.withLock { $0.fails = true }
        try await withServer(intake: intake) { port, _ in
            let client = try RawClient(port: port)
            client.send(signed([UInt8](Self.push)))
            let answer = try client.answer()
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "10")
            intake.contents.withLock { $0.fails = false }
            client.send(signed([UInt8](Self.push)))
            #expect(try client.answer().status == 202)
        }
    }

    @Test(.enabled(if: sharedData != nil, "the folder of given material is absent"))
    func whatIsNoJSONIsRefused() async throws {
        let folder = (sharedData ?? "") + "/json-test-suite"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("n_") }
        #expect(names.count == 188)
        let intake = MemoryIntake()
        try await withServer(intake: intake) { port, _ in
            let client = try RawClient(port: port)
            for name in names {
                client.send(signed([UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))))
                #expect(try client.answer().status == 400, "\(name)")
            }
        }
        #expect(intake.rejected == [.malformed: 188])
        #expect(intake.received.isEmpty)
    }

    @Test func health() async throws {
        func ask(_ path: String, obstacles: [String]) async throws -> RawClient.Answer {
            try await withServer(obstacles: obstacles) { port, _ in
                let client = try RawClient(port: port)
                client.send("GET \(path) HTTP/1.1\r\nHost: l\r\n\r\n")
                return try client.answer()
            }
        }
        #expect(try await ask("/healthz", obstacles: ["the disk is full"]).status == 200)
        #expect(try await ask("/readyz", obstacles: []).status == 200)
        let answer = try await ask("/readyz", obstacles: ["the disk is full"])
        #expect(answer.status == 503)
        #expect(answer.body.contains("the disk is full"))
    }

    @Test func addresses() {
        #expect(ServerConfiguration(listen: "127.0.0.1:8080") == ServerConfiguration(host: "127.0.0.1", port: 8080))
        #expect(ServerConfiguration(listen: "[::1]:80") == ServerConfiguration(host: "::1", port: 80))
        #expect(ServerConfiguration(listen: "localhost:0") == ServerConfiguration(host: "localhost", port: 0))
        for text in ["", "8080", ":8080", "::1:80", "a:", "a:b", "a:70000", "a:-1"] {
            #expect(ServerConfiguration(listen: text) == nil, "\(text)")
        }
    }
}
