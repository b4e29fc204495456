import Events
import Ingest
import ProviderKit
import TestSupport
import Testing

@testable import Server

@Suite struct ContentTests {
    /// Expected: RFC 9110, section 14.1.2, with a content of 10 bytes.
    @Test(
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-0", .part(0..<1)), ("bytes=0-", .part(0..<10)),
            ("bytes=3-5", .part(3..<6)),
            ("bytes=9-", .part(9..<10)), ("bytes=5-999", .part(5..<10)), ("bytes=-3", .part(7..<10)),
            ("bytes=-999", .part(0..<10)), ("Bytes= 1-2 ", .part(1..<3)), ("bytes=10-", .unsatisfiable),
            ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=5-3", .whole),
            ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=0-1,3-4", .whole), ("lines=0-1", .whole), ("", .whole),
            ("bytes=0-99999999999999999999", .part(0..<10)), ("bytes=--1", .whole),
        ] as [(String?, ByteRange)])
    func ranges(_ header: String?, _ expected: ByteRange) {
        #expect(ByteRange(header, of: 10) == expected, "\(header ?? "none")")
        #expect(ByteRange("bytes=0-", of: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", of: 0) == .unsatisfiable)
    }

    /// Any part of a content that the store keeps in several parts is what the file has there.
    @Test func largeContentsInParts() async throws {
        try await APIHarness.run { harness in
            var generator = SeededGenerator(seed: 7)
            let bytes = (0..<(9 << 17)).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
            try APIHarness.write(bytes, to: "\(harness.acme.folder)/large.bin")
            _ = try await harness.engine.sync(harness.acme.repository)
            let path = "/v1/blobs/\(APIHarness.id(bytes))"
            let client = try harness.client()
            func ask(_ headers: [(String, String)], method: String = "GET") throws -> RawClient.Answer {
                client.send(APIHarness.request(method, path, as: harness.acme.token, headers))
                return try client.answer(expectsBody: method != "HEAD")
            }
            let whole = try ask([])
            #expect(whole.status == 200)
            #expect(whole.bytes == bytes)
            #expect(whole.headers["accept-ranges"] == "bytes")
            #expect(whole.headers["x-content-type-options"] == "nosniff")
            #expect(whole.headers["content-security-policy"]?.contains("sandbox") == true)
            let head = try ask([], method: "HEAD")
            #expect(head.headers["content-length"] == "\(bytes.count)")
            for _ in 0..<12 {
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                let end = start + Int.random(in: 0..<(bytes.count - start), using: &generator)
                let answer = try ask([("Range", "bytes=\(start)-\(end)")])
                #expect(answer.status == 206)
                #expect(answer.headers["content-range"] == "bytes \(start)-\(end)/\(bytes.count)")
                #expect(answer.bytes == Array(bytes[start...end]), "\(start)-\(end)")
            }
            let beyond = try ask([("Range", "bytes=\(bytes.count)-")])
            #expect(beyond.status == 416)
            #expect(beyond.headers["content-range"] == "bytes */\(bytes.count)")
            let tag = try #require(whole.headers["etag"])
            #expect(try ask([("If-None-Match", tag)]).status == 304)
            #expect(try ask([("If-None-Match", "\"a\", W/\(tag)")]).status == 304)
            #expect(try ask([("If-None-Match", "\"a\"")]).status == 200)
            #expect(try ask([("Range", "bytes=0-1"), ("If-Range", tag)]).status == 206)
            #expect(try ask([("Range", "bytes=0-1"), ("If-Range", "\"a\"")]).status == 200)
        }
    }

    @Test func filesAtAMoment() async throws {
        try await APIHarness.run { harness in
            let token = harness.acme.token
            let path = "/v1/repositories/\(harness.acme.repository.rawValue)/files"
            let first = try harness.ask("GET", path, as: token).json
            let commit = try #require(first["commit"]?.string)
            #expect(first["items"]?.array?.count == 2)
            harness.clock.advance(seconds: 10)
            for number in 0..<25 { try APIHarness.write("\(number)", to: "\(harness.acme.folder)/d/\(number).txt") }
            _ = try await harness.engine.sync(harness.acme.repository)
            let all = try harness.ask("GET", path, as: token).items
            #expect(all.count == 27)
            let lines = try harness.ask("GET", path, as: token, [("Accept", "application/x-ndjson")]).lines
            #expect(lines == all)
            #expect(try harness.ask("GET", "\(path)?at=\(commit)", as: token).items.count == 2)
            #expect(try harness.ask("GET", "\(path)?at=2023-11-14T22:13:25Z", as: token).items.count == 2)
            #expect(try harness.ask("GET", "\(path)?at=2023-11-15T00:13:25%2B02:00", as: token).items.count == 2)
            #expect(try harness.ask("GET", "\(path)?at=2023-11-15T00:13:25+02:00", as: token).items.count == 2)
            #expect(try harness.ask("GET", "\(path)?at=yesterday", as: token).status == 400)
            #expect(try harness.ask("GET", "\(path)?at=3000", as: token).status == 404)
            // Pages are of one moment, whatever happens between them.
            var paged: [JSON] = []
            var next: String? = ""
            while let cursor = next {
                let query = cursor.isEmpty ? "?limit=10" : "?limit=10&cursor=\(cursor)"
                let page = try harness.ask("GET", path + query, as: token)
                paged += try page.items
                next = try page.json["nextCursor"]?.string
                if cursor.isEmpty {
                    try APIHarness.write("late", to: "\(harness.acme.folder)/e.txt")
                    _ = try await harness.engine.sync(harness.acme.repository)
                }
            }
            #expect(paged == all)
            for (cursor, status) in [("!", 400), ("AAAA", 400), ("AAAAAAAAAAAAAAAA", 404)] {
                #expect(try harness.ask("GET", "\(path)?cursor=\(cursor)", as: token).status == status, "\(cursor)")
            }
        }
    }
}
