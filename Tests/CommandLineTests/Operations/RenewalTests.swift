import Events
import GitHubSimulator
import Glibc
import LMDB
import OpenSSL
import Projections
import Testing

/// A service that finds a state of an earlier version: it takes webhooks in and syncs while it is built anew, which ends in the
/// state that the log gives.
struct RenewalTests {
    private static let secret = "It's a Secret to Everybody"
    private static let items = 60_000

    @Test(.timeLimit(.minutes(5))) func theServiceWorksWhileItsStateIsBuiltAnew() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(
                folder: folder,
                variables: ["INGESTOR_GITHUB_WEBHOOK_SECRET": Self.secret, "INGESTOR_POLL_INTERVAL": "86400"])
            try await tool.succeed("bench", "log", "--items", "\(Self.items)", "--repositories", "6", "--quiet")
            try await tool.succeed("status", "--quiet")
            try outdate(tool.data + "/state/projections")
            try await system("mkdir \(folder)/tree && echo 'let answer = 42' > \(folder)/tree/answer.swift")

            let service = try RunningService(tool, "serve", "--listen", "127.0.0.1:0", "--log-level", "info")
            let port = try await service.port()
            async let synced = tool("sync", "dir:\(folder)/tree", "--json")
            var taken = 0
            while try !service.messages().contains("the state was built anew") {
                #expect(try await deliver(taken, port, folder) == 202)
                taken += 1
                #expect(try !service.messages().contains("could not be built anew"))
            }
            #expect(taken > 0, "it was built anew before anything came in")
            #expect(try service.messages().contains("the state is of an earlier version"))
            #expect(try await synced.status == 0)
            let ended = try await service.end()
            #expect(ended.status == 0, "\(ended.messages)")

            let received = try await tool.succeed("log", "--kind", "WebhookReceived", "--json").lines.count
            #expect(received == taken)
            #expect(try await tool("cat", "dir:\(folder)/tree:answer.swift").text == "let answer = 42\n")
            // Live and rebuilt from the log alone.
            let replay = try await tool.succeed("replay", "--verify", "--json")
            #expect(replay.text.contains("\"equal\":true"), "\(replay.text)")
        }
    }

    /// Lets the state say that version 1 of the statistics has folded it, and a row be as that one might have had it.
    private func outdate(_ directory: String) throws {
        let environment = try Environment(path: directory, options: .init { $0.isSynchronous = false })
        let meta = try environment.database("meta")
        let statistics = try environment.database(Table.statistics.name)
        let key = Array("description".utf8)
        var bytes: [UInt8] = []
        try environment.read { transaction in
            if let stored = try transaction.get(meta, key) { bytes = stored.withUnsafeBytes { Array($0) } }
        }
        let name = Array(StatisticsProjection.name.utf8)
        let found = bytes.indices.first { bytes[$0...].starts(with: name) }
        let place = try #require(found) + name.count
        withUnsafeBytes(of: StatisticsProjection.rowsReadableSince.bigEndian) {
            bytes.replaceSubrange(place..<place + 4, with: $0)
        }
        let changed = bytes
        try environment.write { transaction in
            try transaction.put(meta, key, changed)
            try transaction.put(statistics, [0, 0, 0, 77], [UInt8](repeating: 0, count: 31) + [1])
        }
    }

    /// The status with which a report is answered.
    private func deliver(_ number: Int, _ port: Int, _ folder: String) async throws -> Int? {
        let body = """
            {"ref":"refs/heads/main","before":"\(String(repeating: "1", count: 40))","after":"\(String(repeating: "2", count: 40))",\
            "repository":{"id":\(number),"full_name":"acme/project","private":false,"default_branch":"main"},\
            "sender":{"login":"ada"}}
            """
        try write(Array(body.utf8), to: "\(folder)/body")
        let code = HMACSHA256.authenticate(key: Array(Self.secret.utf8), message: Array(body.utf8))
        let headers = [
            "Content-Type: application/json", "X-GitHub-Event: push", "X-GitHub-Delivery: renewal-\(number)",
            "X-Hub-Signature-256: sha256=\(Hex.encode(code))",
        ]
        let options = headers.map { "-H '\($0)'" }.joined(separator: " ")
        let answer = try await shell(
            "curl -s -o /dev/null -w '%{http_code}' \(options) --data-binary @\(folder)/body "
                + "http://127.0.0.1:\(port)/webhooks/github")
        return Int(answer)
    }
}
