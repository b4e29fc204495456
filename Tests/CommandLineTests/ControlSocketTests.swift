import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// Commands that write while another process holds the log.
struct ControlSocketTests {
    @Test(.timeLimit(.minutes(2)))
    func theHolderCarriesOutWhatOthersWant() async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/slow.git")
            repository.write("file", "content\n")
            try repository.commit("first")
            try await system("mkdir \(folder)/code && echo hello > \(folder)/code/hello.txt")
            try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                let tool = Tool(folder: folder)
                try await tool.succeed("init")
                server.inject(.hang(afterBytes: 0), times: 1)
                let holder = try tool.start([
                    Array("sync".utf8), Array("git:\(server.url("slow.git"))".utf8), Array("--json".utf8),
                ])
                try await until("the socket is there") { access("\(tool.data)/control.sock", F_OK) == 0 }

                // The path is relative to where the second command is given.
                let added = try await tool("repo", "add", "dir:code", "--exclude", "*.o", "--json", in: folder)
                #expect(added.status == 0, "\(added.messages)")
                #expect(added.text.contains("\"excludePatterns\":[\"*.o\"]"))
                #expect(added.text.contains("/code\""))
                let again = try await tool("repo", "add", "dir:code", in: folder)
                #expect(again.status == 1)
                #expect(again.messages.contains("is there already"))
                let synced = try await tool("sync", "dir:code", in: folder)
                #expect(synced.status == 0, "\(synced.messages)")
                let listed = try await tool("files", "dir:code", in: folder)
                #expect(listed.text.hasSuffix("\thello.txt\n"))
                #expect(kill(holder.process, 0) == 0, "the holder is still at its own command")

                server.clearFaults()
                let held = try await holder.wait()
                #expect(
                    held.status == 0 || held.messages.contains("cut") || held.messages.contains("answer"),
                    "\(held.messages)")
                #expect(access("\(tool.data)/control.sock", F_OK) != 0, "the socket is taken away")
                try await tool.succeed("replay", "--verify")
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func theHolderFinishesWhatItTookOnBeforeItEnds() async throws {
        try await withTemporaryFolder { folder in
            for name in ["one", "two"] {
                let repository = try RepositoryBuilder(at: "\(folder)/\(name).git")
                repository.write("file", .text("\(name)\n"))
                try repository.commit("first")
            }
            try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                let tool = Tool(folder: folder)
                try await tool.succeed("init")
                server.inject(.latency(.milliseconds(500)))
                let holder = try tool.start(["sync", "git:\(server.url("one.git"))"].map { Array($0.utf8) })
                try await until("the socket is there") { access("\(tool.data)/control.sock", F_OK) == 0 }
                try await Task.sleep(for: .milliseconds(400))
                let other = try tool.start(["sync", "git:\(server.url("two.git"))", "--json"].map { Array($0.utf8) })
                let held = try await holder.wait()
                #expect(held.status == 0)
                #expect(held.messages.contains("Finishing 1 command"), "\(held.messages)")
                let carried = try await other.wait()
                #expect(carried.status == 0, "\(carried.messages)")
                #expect(carried.text.contains("two.git"))
                server.clearFaults()
                #expect(try await tool.succeed("repo", "list", "--json").lines.count == 2)
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func whoeverComesAfterAKilledHolderBecomesTheHolder() async throws {
        try await withTemporaryFolder { folder in
            try RepositoryBuilder(at: "\(folder)/slow.git").commit("empty")
            try await system("mkdir \(folder)/code && echo hello > \(folder)/code/hello.txt")
            try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                let tool = Tool(folder: folder)
                try await tool.succeed("init")
                server.inject(.hang(afterBytes: 0), times: nil)
                let holder = try tool.start([Array("sync".utf8), Array("git:\(server.url("slow.git"))".utf8)])
                try await until("the socket is there") { access("\(tool.data)/control.sock", F_OK) == 0 }
                holder.end()
                _ = try await holder.wait()
                // The socket's name is still there, and nobody listens.
                let synced = try await tool("sync", "dir:\(folder)/code")
                #expect(synced.status == 0, "\(synced.messages)")
                server.clearFaults()
            }
        }
    }
}
