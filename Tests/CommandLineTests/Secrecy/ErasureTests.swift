import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// Of an erased tenant nothing is left on the disk that was its alone, and everything else is as it was.
struct ErasureTests {
    private static let rounds = 5

    /// Two tenants with a repository each, and what was the first one's alone.
    private struct Stage {
        let tool: Tool
        let server: GitServer
        var planted = PlantedSecrets()
        let content = (0..<200).map { _ in UInt8.random(in: .min ... .max) }
        private let contentPath: String

        init(_ server: GitServer, _ folder: String) async throws {
            tool = Tool(folder: folder)
            self.server = server
            let path = "planted-path-\(UInt32.random(in: .min ... .max))"
            let branch = "planted-branch-\(UInt32.random(in: .min ... .max))"
            let author = "Planted Author \(UInt32.random(in: .min ... .max))"
            let theirs = try RepositoryBuilder(at: "\(folder)/planted-project.git", branch: branch)
            contentPath = "src/\(path).bin"
            theirs.write(RepositoryPath(contentPath), .bytes(content))
            for index in 0..<300 { theirs.write(RepositoryPath("lib/\(path)-\(index).txt"), .text("\(index)\n")) }
            try theirs.commit("first", author: "\(author) <planted@example.org>")
            let others = try RepositoryBuilder(at: "\(folder)/kept-project.git")
            others.write("kept.txt", "kept\n")
            try others.commit("first")
            planted.plant("path", path)
            planted.plant("branch", branch)
            planted.plant("author", author)
            planted.plant("URL", "planted-project")
            planted.plant("content", Array(content[16..<48]))
            planted.plant("tenant", "planted-tenant")
            try await tool.succeed("init")
            try await tool.succeed("sync", theirLocator, "--tenant", "planted-tenant")
            try await tool.succeed("sync", otherLocator, "--tenant", "kept-tenant")
            // A failure whose words name the source.
            server.inject(.answer(status: 404))
            let failed = try await tool("sync", theirLocator, "--tenant", "planted-tenant", "--force")
            #expect(failed.status != 0)
            server.clearFaults()
        }

        var theirLocator: String { "git:\(server.url("planted-project.git"))" }
        var contentLocator: String { "\(theirLocator):\(contentPath)" }
        var otherLocator: String { "git:\(server.url("kept-project.git"))" }

        /// What of it stands anywhere in the data directory, with the file.
        func found() async throws -> Set<String> {
            let list = "\(tool.folder)/list"
            try await system("cd \(tool.data) && find . -type f > \(list)")
            var found: Set<String> = []
            for file in String(decoding: try bytes(of: list), as: UTF8.self).split(separator: "\n") {
                for name in planted.found(in: try bytes(of: "\(tool.data)/\(file)")) {
                    found.insert("\(name): \(file)")
                }
            }
            return found
        }

        /// The files that are the first tenant's alone by what their heads say, whose payloads are encrypted.
        func shards() async throws -> [String] {
            let list = "\(tool.folder)/shards"
            try await system("find \(tool.data) -name '*.shard' -o -name '*.open' > \(list)")
            return try String(decoding: bytes(of: list), as: UTF8.self).split(separator: "\n").map(String.init).filter {
                try Array(bytes(of: $0)[12..<16]) == [0, 0, 0, 1]
            }
        }

        func expectErased(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) async throws {
            #expect(try await found() == [], comment, sourceLocation: sourceLocation)
            #expect(try await shards() == [], comment, sourceLocation: sourceLocation)
            #expect(try await tool("verify").status == 0, comment, sourceLocation: sourceLocation)
            #expect(try await tool("replay", "--verify").status == 0, comment, sourceLocation: sourceLocation)
            for command in [["files", theirLocator], ["cat", contentLocator]] {
                let gone = try await tool(command[0], command[1], "--tenant", "planted-tenant")
                #expect(gone.status != 0 && gone.output.isEmpty, comment, sourceLocation: sourceLocation)
            }
            let kept = try await tool("cat", "\(otherLocator):kept.txt", "--tenant", "kept-tenant")
            #expect(kept.text == "kept\n", "\(comment): \(kept.messages)", sourceLocation: sourceLocation)
        }
    }

    private func withStage(_ body: (Stage) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                try await body(try await Stage(server, folder))
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func nothingIsLeft() async throws {
        try await withStage { stage in
            let before = try await stage.found()
            for name in ["path", "branch", "URL"] {
                #expect(before.contains { $0.hasPrefix("\(name) ") }, "the search finds what is there: \(name)")
            }
            // Contents are encrypted for their tenant, so none stands there as it is; it can be read as long as the key is there.
            #expect(!before.contains { $0.hasPrefix("content ") }, "\(before)")
            #expect(try await !stage.shards().isEmpty)
            let content = try await stage.tool.succeed("cat", stage.contentLocator, "--tenant", "planted-tenant")
            #expect(content.output == stage.content)
            #expect(!before.contains { $0.contains("/log/") }, "the log never had it: \(before)")
            let asked = try await stage.tool("tenant", "erase", "planted-tenant")
            #expect(asked.status != 0 && asked.messages.contains("--yes"), "\(asked.messages)")
            try await stage.tool.succeed("tenant", "erase", "planted-tenant", "--yes")
            try await stage.expectErased("erased")
            let log = try await stage.tool.succeed("log", "--kind", "TenantErased", "--json", "--tenant", "kept-tenant")
            #expect(log.status == 0)
            // The name is free again, for another tenant.
            try await stage.tool.succeed("tenant", "add", "planted-tenant")
            try await stage.tool.succeed("sync", stage.theirLocator, "--tenant", "planted-tenant")
            try await stage.tool.succeed("verify")
        }
    }

    /// Killed anywhere, the next command that may write ends it.
    @Test(.timeLimit(.minutes(10)))
    func aKilledErasureIsFinished() async throws {
        try await withStage { stage in
            let folder = stage.tool.folder
            try await system("cp -a \(stage.tool.data) \(folder)/whole")
            var cut = 0
            for round in 0..<Self.rounds {
                try await system("rm -rf \(stage.tool.data) && cp -a \(folder)/whole \(stage.tool.data)")
                let running = try stage.tool.start(
                    ["tenant", "erase", "planted-tenant", "--yes"].map { Array($0.utf8) })
                try await Task.sleep(for: .milliseconds(60 + 70 * round))
                running.end()
                if try await running.wait().status != 0 { cut += 1 }
                // Where nothing was decided yet it is begun again; else whatever comes next ends it.
                _ = try await stage.tool("tenant", "erase", "planted-tenant", "--yes")
                try await stage.tool.succeed("tenant", "add", "kept-tenant")
                try await stage.expectErased("round \(round)")
            }
            #expect(cut > 0, "none was killed in time")
        }
    }
}
