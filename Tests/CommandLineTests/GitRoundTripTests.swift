import GitHubSimulator
import Testing

@testable import ingestor

/// What goes in over HTTP from a real Git server comes out again as Git has it.
struct GitRoundTripTests {
    /// Names and contents that upset programs.
    private static func fill(_ repository: RepositoryBuilder) {
        repository.write("README.md", "# Hello\n")
        repository.write("empty", "")
        repository.write("dir/deep/er/file.txt", "text\r\nwith CRLF\r\n")
        repository.write("run.sh", "#!/bin/sh\n", executable: true)
        repository.write(RepositoryPath([0x66, 0xFF, 0xFE, 0x2E, 0x62]), .bytes([0, 1, 2, 255]))
        repository.write(RepositoryPath("quote\"back\\slash\ttab\nnewline"), "odd\n")
        repository.write(RepositoryPath("ümläut/日本.txt"), "unicode\n")
        repository.write(RepositoryPath("with space/and more.txt"), "space\n")
        repository.write("big.bin", .generated(sizeBytes: 3_000_000, seed: 7))
        repository.symlink("link", to: "dir/deep")
        repository.symlink("dangling", to: "../../etc/passwd")
        repository.submodule("module", commit: "0123456789abcdef0123456789abcdef01234567")
        for index in 0..<150 {
            repository.write(RepositoryPath("many/\(index % 7)/file\(index).txt"), .text("file \(index)\n"))
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func filesExportAndCatAgreeWithGit() async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/project.git")
            Self.fill(repository)
            var commits = [try repository.commit("first")]
            repository.write("README.md", "# Changed\n")
            repository.remove("empty")
            repository.rename("dir/deep/er/file.txt", to: "dir/renamed.txt")
            repository.write("dir.d", "sorts between dir and dir/\n")
            commits.append(try repository.commit("second"))
            try repository.setMode("dir.d", .executable)
            repository.removeAll()
            repository.write("only", "one\n")
            commits.append(try repository.commit("third"))

            try await GitServer.withServer(GitServer.Configuration(root: folder)) { server in
                let tool = Tool(folder: folder)
                let locator = "git:\(server.url("project.git"))"
                try await tool.succeed("init")
                for commit in commits {
                    try repository.setReference("refs/heads/main", to: commit)
                    let report = try await tool.succeed("sync", locator, "--json")
                    #expect(report.text.contains("\"commit\":\"\(commit)\""))
                }
                for (index, commit) in commits.enumerated() {
                    let listing = try await tool.succeed("files", locator, "--at", commit)
                    #expect(try listing.output == repository.listing(at: commit), "commit \(index)")
                    for (target, unpack) in [
                        ("tree\(index)", ""),
                        (
                            "tree\(index).tar",
                            "mkdir \(folder)/untar\(index) && tar xf \(folder)/tree\(index).tar -C \(folder)/untar\(index)"
                        ),
                    ] {
                        try await tool.succeed("export", locator, "--at", commit, "--to", "\(folder)/\(target)")
                        if !unpack.isEmpty { #expect(try await system(unpack) == 0) }
                    }
                    let archive =
                        "mkdir \(folder)/git\(index) && git -C \(folder)/project.git archive \(commit) | tar x -C \(folder)/git\(index)"
                    #expect(try await system(archive) == 0)
                    for ours in ["tree\(index)", "untar\(index)"] {
                        #expect(
                            try await system("diff -r --no-dereference \(folder)/git\(index) \(folder)/\(ours)") == 0)
                        // What diff does not compare: whether a file may be executed.
                        let modes = "cd \(folder)/$0 && find . -type f -perm -u+x | sort"
                        #expect(
                            try await system(
                                "a=$(sh -c '\(modes)' git\(index)); b=$(sh -c '\(modes)' \(ours)); [ \"$a\" = \"$b\" ]")
                                == 0)
                    }
                }
                for entry in try repository.entries(at: commits[0]) where entry.mode != "160000" {
                    let content = try await tool.succeed("cat", entry.id)
                    #expect(try content.output == repository.blob(entry.id))
                }
                // By a path that is not UTF-8, at a commit of the past.
                let path: [UInt8] = Array("\(locator):f".utf8) + [0xFF, 0xFE] + Array(".b".utf8)
                let odd = try await tool.run([Array("cat".utf8), path, Array("--at".utf8), Array(commits[1].utf8)])
                #expect(odd.output == [0, 1, 2, 255])
                let json = try await tool.succeed("files", locator, "--at", commits[1], "--json")
                #expect(json.text.contains("\"pathBase64\":\"Zv/+LmI=\""))

                let replay = try await tool.succeed("replay", "--verify", "--json")
                #expect(replay.text.contains("\"equal\":true"))
                let verify = try await tool.succeed("verify", "--json")
                #expect(verify.text.contains("\"damage\":[]"))
            }
        }
    }
}
