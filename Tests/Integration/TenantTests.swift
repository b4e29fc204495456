import Events
import GitHub
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Queries
import State
import Testing

/// Several tenants on one service: one webhook is for all who watch, and each reads with what it has given.
@Suite("tenants", .timeLimit(.minutes(3)))
struct TenantTests {
    private static let secret = "It's a Secret to Everybody"

    private func deliveries(_ queries: Queries) throws -> Int {
        var count = 0
        var filter = EventFilter()
        filter.kinds = [.webhookReceived]
        try queries.forEachEvent(filter) { _ in count += 1 }
        return count
    }

    @Test("one push reaches each who watches, with its own credential, into its own domain")
    func sharedPrivate() async throws {
        try await SimulatedInstallation.run { simulated in
            let (server, engine) = (simulated.server, simulated.here.engine)
            let repository = try server.addRepository("acme/widgets", isPrivate: true, files: ["a": "1\n"])
            for login in ["grace", "linus"] { repository.grant(to: login) }
            let (first, second) = (try await engine.tenant(named: "first"), try await engine.tenant(named: "second"))
            let third = try await engine.tenant(named: "third")
            simulated.tokens.give(server.makeToken(user: "grace"), to: first)
            simulated.tokens.give(server.makeToken(user: "linus"), to: second)
            simulated.tokens.give(server.makeToken(user: "nobody"), to: third)
            let ids = [
                try await simulated.add("acme/widgets", tenant: first),
                try await simulated.add("acme/widgets", tenant: second),
            ]
            let foreign = try await simulated.add("acme/widgets", tenant: third)
            try await simulated.here.serving(Scale.current, secret: Self.secret) { port in
                server.setWebhook(url: "http://127.0.0.1:\(port)/webhooks/github", secret: Self.secret)
                try await eventually("the first syncs") {
                    try ids.allSatisfy { try simulated.row($0)?.lastCommit != nil }
                }
                try repository.push(["a": "2\n"])
                let head = try repository.head()
                try await eventually("the push at both") {
                    try ids.allSatisfy { try simulated.row($0)?.lastCommit?.hex == head }
                }
                // Whoever loses access loses it alone.
                repository.withdraw(from: "linus")
                try repository.push(["a": "3\n"])
                let next = try repository.head()
                try await eventually("the push at the one who may read it") {
                    try simulated.row(ids[0])?.lastCommit?.hex == next
                        && simulated.row(ids[1])?.suspension?.reason == .accessLost
                }
            }
            #expect(try simulated.row(foreign)?.lastCommit == nil, "a token that may not read it reads nothing")
            #expect(try simulated.row(ids[1])?.lastCommit?.hex != repository.head())
            let rows = try ids.map { try #require(try simulated.row($0)) }
            #expect(rows.map(\.domain) == [.tenant(first), .tenant(second)])
            #expect(Set(rows.map(\.quota)).count == 2, "each by its own limit")
            #expect(try simulated.content("a", of: ids[0], "first") == "3\n")
            #expect(try simulated.content("a", of: ids[1], "second") == "2\n")
            #expect(try simulated.queries("second").repository(ids[0]) == nil)
            // Contents are stored once for each, and neither sees the other's.
            let queries = try simulated.queries("first")
            let blob = try queries.file(Array("a".utf8), in: try queries.view(of: rows[0])).hash
            #expect(throws: QueryError.self) { try simulated.queries("second").blob(blob) }
            #expect(throws: QueryError.self) { try simulated.queries("third").blob(blob) }
            #expect(try simulated.queries("first").blob(blob).isReadable)
        }
    }

    @Test("what is public is stored once for all, and a webhook is seen by those whom it is about")
    func sharedPublic() async throws {
        try await SimulatedInstallation.run { simulated in
            let (server, engine) = (simulated.server, simulated.here.engine)
            let shared = try server.addRepository("acme/open", files: ["a": "1\n"])
            let other = try server.addRepository("acme/other", files: ["b": "1\n"])
            let (first, second) = (try await engine.tenant(named: "first"), try await engine.tenant(named: "second"))
            let ids = [
                try await simulated.add("acme/open", tenant: first),
                try await simulated.add("acme/open", tenant: second),
            ]
            let own = try await simulated.add("acme/other", tenant: second)
            try await simulated.here.serving(Scale.current, secret: Self.secret) { port in
                server.setWebhook(url: "http://127.0.0.1:\(port)/webhooks/github", secret: Self.secret)
                try await eventually("the first syncs") {
                    try (ids + [own]).allSatisfy { try simulated.row($0)?.lastCommit != nil }
                }
                try shared.push(["a": "2\n"])
                try other.push(["b": "2\n"])
                let heads = (try shared.head(), try other.head())
                try await eventually("the pushes") {
                    try ids.allSatisfy { try simulated.row($0)?.lastCommit?.hex == heads.0 }
                        && simulated.row(own)?.lastCommit?.hex == heads.1
                }
                #expect(try ids.allSatisfy { try simulated.row($0)?.domain == .public })
                // Closed to the public, it is each one's own.
                shared.setPrivate(true)
                try await eventually("who may not read it any more is suspended") {
                    try ids.allSatisfy { try simulated.row($0)?.suspension?.reason == .accessLost }
                }
                #expect(try simulated.row(ids[0])?.domain == .tenant(first))
            }
            #expect(try deliveries(simulated.queries("first")) == 2, "the push and the change of what it watches")
            #expect(try deliveries(simulated.queries("second")) == 3)
            #expect(try deliveries(simulated.queries("nobody")) == 0, "nor does a tenant that there is not")
            #expect(try deliveries(simulated.queries()) == simulated.events(.webhookReceived).count)
        }
    }
}
