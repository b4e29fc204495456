import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// Ctrl-C, in the middle of long work: nothing is left over, nothing is damaged, and the work can be taken up again.
struct InterruptionTests {
    @Test func aSyncThatIsStoppedGoesOnLater() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            // Enough that it is not over when the signal comes, and few enough for a test.
            try await system(
                "mkdir -p \(folder)/code && cd \(folder)/code && seq 1 3000 | split -l 1 -a 4 - f && dd if=/dev/urandom of=big bs=1M count=12 2>/dev/null"
            )
            let running = try tool.start(["sync", "dir:\(folder)/code"].map { Array($0.utf8) })
            try await Task.sleep(for: .milliseconds(400))
            kill(running.process, SIGINT)
            let stopped = try await running.wait()
            #expect(
                stopped.status == 1 && stopped.messages.contains("stopped"), "\(stopped.status) \(stopped.messages)")
            try await expectClean(tool, "sync")
            let synced = try await tool.succeed("sync", "dir:\(folder)/code", "--json")
            #expect(synced.text.contains("\"files\":3001"), "\(synced.text)")

            for command in [
                ["backup", "\(folder)/backup"], ["gc", "--recompress", "--grace", "0"], ["verify"],
                ["export", "dir:\(folder)/code", "--to", "\(folder)/exported"],
            ] {
                let running = try tool.start(command.map { Array($0.utf8) })
                try await Task.sleep(for: .milliseconds(250))
                kill(running.process, SIGINT)
                _ = try await running.wait()
                try await expectClean(tool, command[0])
            }
            try await tool.succeed("verify")
        }
    }

    @Test func aReplayThatIsStoppedLeavesNothing() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("bench", "log", "--items", "200000", "--data", tool.data)
            let running = try tool.start(["replay", "--verify"].map { Array($0.utf8) })
            try await Task.sleep(for: .milliseconds(700))
            kill(running.process, SIGINT)
            let stopped = try await running.wait()
            #expect(
                stopped.status == 1 && stopped.messages.contains("Stopping"), "\(stopped.status) \(stopped.messages)")
            try await expectClean(tool, "replay")
            try await tool.succeed("replay", "--verify")
        }
    }

    private func expectClean(_ tool: Tool, _ command: String) async throws {
        #expect(
            try await system(
                "[ -z \"$(ls -d \(tool.folder)/ingestor.* 2>/dev/null)\" ] && [ ! -e \(tool.data)/control.sock ] && [ -z \"$(ls -A \(tool.data)/spool)\" ]"
            ) == 0, "something is left of \(command)")
    }

    @Test func mistypedNamesAreAnsweredWithTheLikelyOnes() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            try await tool.succeed("tenant", "add", "acme")
            let tenant = try await tool("repo", "list", "--tenant", "acm")
            #expect(tenant.status == 1 && tenant.messages.contains("did you mean acme?"), "\(tenant.messages)")
            let provider = try await tool("sync", "gihub:acme/widgets")
            #expect(
                provider.status == 64 && provider.messages.contains("did you mean github:?"), "\(provider.messages)")
            try await system("mkdir \(folder)/widgets && echo 1 > \(folder)/widgets/a")
            try await tool.succeed("sync", "dir:\(folder)/widgets")
            let source = try await tool("files", "dir:\(folder)/wigdets")
            #expect(source.messages.contains("Did you mean dir:\(folder)/widgets?"), "\(source.messages)")
        }
    }
}
