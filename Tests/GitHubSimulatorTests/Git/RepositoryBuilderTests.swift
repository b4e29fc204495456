import Testing

@testable import GitHubSimulator

@Suite struct RepositoryBuilderTests {
    @Test func makesEveryKindOfEntryAndKeepsBytes() async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/r.git")
            let odd = RepositoryPath([0xFF, 0x22, 0x5C, 0x0A, 0x20, 0xC3])
            repository.write("a/plain.txt", "one\r\n")
            repository.write("empty", "")
            repository.write("run.sh", "#!/bin/sh\n", executable: true)
            repository.write(odd, .bytes([0, 1, 255]))
            repository.symlink("link", to: "a/plain.txt")
            repository.submodule("module", commit: String(repeating: "ab", count: 20))
            let first = try repository.commit("Start")
            repository.rename("a", to: "b")
            try repository.setMode("run.sh", .regular)
            repository.remove("empty")
            try repository.commit("Change")

            let modes = Dictionary(uniqueKeysWithValues: try repository.entries().map { ($0.path, $0.mode) })
            #expect(
                modes == [
                    "b/plain.txt": "100644", "run.sh": "100644", odd: "100644", "link": "120000", "module": "160000",
                ])
            let oddBlob = try #require(try repository.entries(at: first).first { $0.path == odd })
            #expect(try repository.blob(oddBlob.id) == [0, 1, 255])
            try repository.git(["fsck", "--strict"])
        }
    }

    @Test func sameCallsGiveSameIds() async throws {
        try await withTemporaryFolder { folder in
            let ids = try ["x", "y"].map { name in
                let repository = try RepositoryBuilder(at: "\(folder)/\(name).git")
                repository.write("big", .generated(sizeBytes: 100_001, seed: 3))
                try repository.commit()
                repository.write("small", "text\n")
                return try repository.commit()
            }
            #expect(ids[0] == ids[1])
        }
    }

    @Test func branchesRewritesAndMalformedTrees() async throws {
        try await withTemporaryFolder { folder in
            let repository = try RepositoryBuilder(at: "\(folder)/r.git")
            repository.write("f", "1")
            let first = try repository.commit()
            repository.write("g", "2")
            let side = try repository.commit(on: "side", parent: .commit(first))
            let merge = try repository.commit("Merge", merging: [side])
            #expect(try repository.resolve("\(merge)^2") == side)
            repository.write("h", "3")
            let rewritten = try repository.commit("Anew", parent: .none)
            #expect(try repository.head() == rewritten)
            #expect(try repository.entries().map(\.path) == ["h"])

            let blob = try repository.storeObject("blob", "evil")
            let tree = try repository.storeTree([
                RepositoryEntry(mode: "100644", id: blob, path: ".."),
                RepositoryEntry(mode: "100644", id: blob, path: ".git"),
            ])
            let commit = try repository.commit(tree: tree)
            #expect(try repository.entries(at: commit).map(\.path) == ["..", ".git"])
        }
    }

    @Test func commitsAFolderOfFiles() async throws {
        try await withTemporaryFolder { folder in
            try await GitClient.run(["init", "-q", "\(folder)/files"])
            try await GitClient.run(["config", "--file", "\(folder)/files/settings", "a.b", "c"], in: folder)
            let repository = try RepositoryBuilder(at: "\(folder)/r.git")
            try repository.commit(folder: "\(folder)/files")
            #expect(try repository.entries().map(\.path) == ["settings"])
        }
    }
}
