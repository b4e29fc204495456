import GitHubSimulator
import Glibc
import Testing

@testable import ingestor

/// How the program answers: exit codes, streams, settings, stores that it must not touch.
struct CommandLineTests {
    @Test func wrongUsageIsAnsweredWithWhatIsRight() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            let mistyped = try await tool("snyc")
            #expect(mistyped.status == 64)
            #expect(mistyped.output.isEmpty)
            #expect(mistyped.messages.contains("ingestor sync"))
            #expect(try await tool("repo", "ad").messages.contains("ingestor repo add"))
            #expect(try await tool("--data", "x", "fils").messages.contains("ingestor files"))
            #expect(try await tool("files").status == 64)
            #expect(try await tool("sync", "nonsense").status == 1, "there is no data directory yet")
            let help = try await tool("sync", "--help")
            #expect(help.status == 0)
            #expect(help.text.contains("Exit status:") && help.text.contains("Example:"))
            try await tool.succeed("init")
            #expect(try await tool("sync", "nonsense").status == 64)
            #expect(try await tool("files", "dir:\(folder)/unknown").status == 1)
            #expect(try await tool("log", "--since", "yesterday").status == 64)
        }
    }

    @Test func settingsThatAreUnknownOrDoNotParseAreErrors() async throws {
        try await withTemporaryFolder { folder in
            var tool = Tool(folder: folder)
            try await tool.succeed("init")
            try write(Array("concurrency: 3\nmaxBlobBytes: 10\n".utf8), to: "\(folder)/good.yaml")
            try await tool.succeed("stats", "--config", "\(folder)/good.yaml")
            for (text, word) in [
                ("concurrensy: 3\n", "did you mean concurrency"), ("concurrency: many\n", "whole number"),
                ("concurrency: [1, 2]\n", "single value"),
                ("{concurrency: 3}\n", "unknown"),
            ] {
                try write(Array(text.utf8), to: "\(folder)/bad.yaml")
                let result = try await tool("stats", "--config", "\(folder)/bad.yaml")
                #expect(result.status == 64 && result.messages.contains(word), "\(text): \(result.messages)")
            }
            tool.variables = ["INGESTOR_CONCURENCY": "3"]
            #expect(try await tool("stats").messages.contains("did you mean INGESTOR_CONCURRENCY"))
            tool.variables = ["INGESTOR_MASTER_KEY": "c2VjcmV0", "INGESTOR_DATA": "\(folder)/other"]
            let refused = try await tool("init")
            #expect(refused.status == 64)
            #expect(!refused.messages.contains("c2VjcmV0"), "a secret is never shown")
            tool.variables = ["INGESTOR_MASTER_KEY": "a", "INGESTOR_MASTER_KEY_FILE": "/dev/null"]
            #expect(try await tool("init").messages.contains("both"))
        }
    }

    @Test func anUnknownFormatIsRefusedAndNotTouched() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            try write(Array("ingestor 99\n".utf8), to: "\(tool.data)/FORMAT")
            let before = try bytes(of: "\(tool.data)/log/data.mdb")
            for command in [["stats"], ["sync", "dir:\(folder)"], ["init"], ["verify"]] {
                let result = try await tool.run(command.map { Array($0.utf8) })
                #expect(result.status == 1)
                #expect(result.messages.contains("ingestor 99") && result.messages.contains("upgrade"))
            }
            #expect(try bytes(of: "\(tool.data)/log/data.mdb") == before)
        }
    }

    @Test func theKeyAndTheDirectoryAreTheOwnersAlone() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            #expect(
                try await system(
                    "[ $(stat -c %a \(tool.data)) = 700 ] && [ $(stat -c %a \(tool.data)/keys/master.key) = 600 ]") == 0
            )
            let again = try await tool.succeed("init", "--json")
            #expect(again.text.contains("\"created\":false"))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func logIsFilteredAndTheStateIsRebuiltWhenItIsGone() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await system("mkdir \(folder)/code && echo one > \(folder)/code/a && echo two > \(folder)/code/b")
            try await tool.succeed("init")
            try await tool.succeed("sync", "dir:\(folder)/code")
            try await system("echo three > \(folder)/code/a && rm \(folder)/code/b")
            try await tool.succeed("sync", "dir:\(folder)/code")
            let all = try await tool.succeed("log", "--json").lines
            let completed = try await tool.succeed("log", "--kind", "syncCompleted", "--json").lines
            #expect(completed.count == 2)
            #expect(completed.allSatisfy { $0.contains("\"kind\":\"SyncCompleted\"") })
            #expect(try await tool.succeed("log", "--limit", "3", "--json").lines == Array(all.suffix(3)))
            #expect(try await tool.succeed("log", "--from", "2", "--limit", "2", "--json").lines == Array(all[2..<4]))
            #expect(try await tool.succeed("log", "--until", "3", "--json").lines == Array(all[...3]))
            #expect(try await tool.succeed("log", "--since", "2100-01-01", "--json").lines.isEmpty)
            #expect(
                try await tool.succeed("log", "--repo", "dir:\(folder)/code", "--json").lines == Array(all.dropFirst()))
            let removed = try await tool.succeed("explain", "dir:\(folder)/code:b").text
            #expect(removed.contains("b: removed"))

            try await system("rm -rf \(tool.data)/state")
            #expect(try await tool.succeed("log", "--json").lines == all)
            #expect(try await tool.succeed("files", "dir:\(folder)/code").lines.count == 1)
            #expect(try await tool.succeed("files", "dir:\(folder)/code", "--at", "\(all.count / 2)").lines.count == 2)
            let replay = try await tool.succeed("replay", "--until", "\(all.count / 2)", "--into", "\(folder)/then")
            #expect(replay.text.contains("digest"))
            let continued = try await tool.succeed("replay", "--verify", "--until", "\(all.count / 2)", "--json")
            #expect(continued.text.contains("\"equal\":true"))
            #expect(try await tool.succeed("files", "dir:\(folder)/code", "--state", "\(folder)/then").lines.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func damageIsFoundNamedAndRepaired() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await system("mkdir \(folder)/code && head -c 300000 /dev/urandom > \(folder)/code/random")
            try await tool.succeed("init")
            try await tool.succeed("sync", "dir:\(folder)/code")
            let shards = try await tool.run([Array("blob".utf8), Array(try await firstHash(tool, folder).utf8)])
            #expect(shards.status == 0)
            try await system(
                "f=$(ls \(tool.data)/silo/* | head -1); printf X | dd of=$f bs=1 seek=150000 conv=notrunc 2>/dev/null")
            let hash = try await firstHash(tool, folder)
            let found = try await tool("verify", "--json")
            #expect(found.status == 2, "\(found.text) \(found.messages)")
            #expect(found.text.contains(hash))
            #expect(try await tool("cat", hash).status == 1)
            let repaired = try await tool("verify", "--repair", "--json")
            #expect(repaired.text.contains("\"repaired\":true"), "\(repaired.text) \(repaired.messages)")
            #expect(try await tool.succeed("cat", hash).output == bytes(of: "\(folder)/code/random"))
        }
    }

    private func firstHash(_ tool: Tool, _ folder: String) async throws -> String {
        let line = try await tool.succeed("files", "dir:\(folder)/code").lines.first ?? ""
        return String(line.split(separator: " ").dropFirst(2).first?.prefix(40) ?? "")
    }
}
