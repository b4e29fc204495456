import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// Garbage, while the service runs.
@Suite(.timeLimit(.minutes(2)))
struct CollectionTests {
    /// `serve` collects by itself once it is idle, and `ingestor gc` has it collect at once.
    @Test func theServiceCollectsByItselfAndWhenItIsTold() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            for name in ["first", "second"] {
                try await system("mkdir \(folder)/\(name) && head -c 300000 /dev/urandom > \(folder)/\(name)/data")
                try await tool.succeed("sync", "dir:\(folder)/\(name)")
            }
            let file = "\(folder)/ingestor.yaml"
            let settings = "listen: 127.0.0.1:0\nlogLevel: info\ngcInterval: 1\ngcGrace: 0\ngcGraceEvents: 0\n"
            try write(Array(settings.utf8), to: file)
            let service = try RunningService(tool, "serve", "--config", file)
            _ = try await service.port()
            let before = try await bytesKept(tool)

            try await tool.succeed("repo", "remove", "dir:\(folder)/first")
            try await service.wait(for: "\"deleted\":\"1\"")
            try await until("its bytes are free") { try await bytesKept(tool) < before - 290_000 }

            try await tool.succeed("repo", "remove", "dir:\(folder)/second")
            let collected = try await tool("gc", "--grace", "0", "--grace-events", "0", "--json")
            #expect(collected.status == 0, "\(collected.messages)")
            #expect(collected.text.contains("\"waiting\":0"), "\(collected.text)")
            try await until("nothing is kept") { try await bytesKept(tool) < before - 590_000 }

            let ended = try await service.end()
            #expect(ended.status == 0, "\(ended.messages)")
            try await tool.succeed("verify")
            try await tool.succeed("replay", "--verify")
        }
    }

    /// Bytes of the shards' files.
    private func bytesKept(_ tool: Tool) async throws -> Int {
        let text = try await shell("cat \(tool.data)/silo/*.shard \(tool.data)/silo/*.open 2>/dev/null | wc -c")
        return try #require(Int(text.prefix { $0.isNumber }))
    }
}
