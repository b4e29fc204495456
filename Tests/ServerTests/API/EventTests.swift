import Events
import Foundation
import Ingest
import ProviderKit
import Server
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventTests {
    /// One event of a stream of Server-Sent Events.
    struct ServerSent {
        var id: UInt64
        var name: String
        var data: JSON
    }

    /// Reads until so many events have come.
    static func read(_ count: Int, from client: RawClient) throws -> [ServerSent] {
        var text = ""
        var events: [ServerSent] = []
        while events.count < count {
            guard let piece = try client.chunk() else { break }
            text += String(decoding: piece, as: UTF8.self)
            while let end = text.range(of: "\n\n") {
                var event = ServerSent(id: 0, name: "", data: .null)
                for line in text[..<end.lowerBound].split(separator: "\n") {
                    if line.hasPrefix("id: ") { event.id = try #require(UInt64(line.dropFirst(4))) }
                    if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { event.data = try JSON(validating: Array(line.dropFirst(6).utf8)) }
                }
                if !event.data.isNull { events.append(event) }
                text.removeSubrange(..<end.upperBound)
            }
        }
        return events
    }

    @Test func linesAndFilters() async throws {
        try await APIHarness.run { harness in
            let token = harness.acme.token
            let all = try harness.ask("GET", "/v1/events", as: token).lines
            let positions = all.compactMap { $0["position"]?.uint64 }
            #expect(positions == positions.sorted() && Set(positions).count == all.count && all.count > 5)
            let kinds = try harness.ask("GET", "/v1/events?kind=SyncCompleted&kind=repositoryadded", as: token).lines
            #expect(Set(kinds.compactMap { $0["kind"]?.string }) == ["SyncCompleted", "RepositoryAdded"])
            let tail = try harness.ask("GET", "/v1/events?from=\(positions[3])&limit=2", as: token).lines
            #expect(tail.compactMap { $0["position"]?.uint64 } == Array(positions[3...4]))
            #expect(try harness.ask("GET", "/v1/events?from=9999999", as: token).body.isEmpty)
            for query in [
                "kind=Nothing", "from=-1", "from=x", "limit=x", "from=1&from=2", "other=1", "follow=2", "from=%zz",
            ] {
                #expect(try harness.ask("GET", "/v1/events?\(query)", as: token).status == 400, "\(query)")
            }
        }
    }

    /// A reader that was cut off goes on where it was, and misses nothing and reads nothing twice.
    @Test func serverSentEventsResume() async throws {
        try await APIHarness.run(limits: { $0.followSeconds = 0.02 }) { harness in
            let expected = try harness.ask("GET", "/v1/events", as: harness.acme.token).lines
            let headers = [("Accept", "text/event-stream")]
            let client = try harness.client()
            client.send(APIHarness.request("GET", "/v1/events", as: harness.acme.token, headers))
            #expect(try client.head().lowercased().contains("content-type: text/event-stream"))
            let first = try Self.read(3, from: client)
            #expect(first.map(\.data) == Array(expected[..<3]) || first.count > 3)
            let last = first[2].id
            #expect(first[2].name == expected[2]["kind"]?.string)
            let again = try harness.client()
            again.send(
                APIHarness.request(
                    "GET", "/v1/events", as: harness.acme.token, headers + [("Last-Event-ID", "\(last)")]))
            _ = try again.head()
            let rest = try Self.read(expected.count - 3, from: again)
            #expect(rest.map(\.data) == Array(expected[3...]))
            // What happens from now on comes too, and what happens to others does not.
            _ = try await harness.engine.requestSync(harness.globex.repository)
            let job = try await harness.engine.requestSync(harness.acme.repository)
            let next = try Self.read(1, from: again)
            #expect(next.map(\.id) == [job.rawValue])
            #expect(next.first?.name == "SyncRequested")
            #expect(
                try harness.ask("GET", "/v1/events", as: harness.acme.token, [("Last-Event-ID", "x")]).status == 400)
        }
    }

    @Test func streamsEnd() async throws {
        try await APIHarness.run(limits: {
            $0.followSeconds = 0.02
            $0.heartbeatSeconds = 0.1
            $0.streamsPerToken = 2
        }) { harness in
            func follow() throws -> RawClient {
                let client = try harness.client()
                client.send(
                    APIHarness.request(
                        "GET", "/v1/events?from=100000", as: harness.acme.token, [("Accept", "text/event-stream")]))
                return client
            }
            var clients = [try follow(), try follow()]
            for client in clients { #expect(try client.head().hasPrefix("HTTP/1.1 200")) }
            #expect(try follow().answer().status == 429)
            // It says that it is still there.
            _ = try clients[0].chunk()
            #expect(try clients[0].chunk().map { String(decoding: $0, as: UTF8.self) } == ": still here\n\n")
            // One that is gone is noticed, and makes room.
            clients.removeLast()
            var status = 429
            for _ in 0..<100 where status == 429 {
                let client = try follow()
                let head = try client.head()
                status = head.hasPrefix("HTTP/1.1 200") ? 200 : 429
                if status == 429 { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(status == 200)
            // So is an access that was taken back.
            try await harness.engine.revokeToken(harness.acme.tokenID)
            var pieces = 0
            while try clients[0].chunk() != nil { pieces += 1 }
            #expect(pieces < 100)
        }
    }
}
