import Events
import GitHubSimulator
import Ingest
import Projections
import State
import TestSupport
import Testing

@Suite("syncs of a real repository")
struct EngineSyncTests {
    /// Adds, edits, renames, removals, mode changes, type changes: after each the state is the commit.
    @Test("after every commit the state is the commit, and nothing is fetched twice", arguments: [1, 2, 3])
    func randomHistory(seed: UInt64) async throws {
        try await EngineHarness.run { harness in
            var random = SeededGenerator(seed: seed)
            let repository = try harness.repository()
            var paths: [String] = []
            for index in 0..<80 {
                paths.append("d\(index % 5)/e\(index % 3)/f\(index)")
                repository.write(RepositoryPath(paths[index]), .generated(sizeBytes: 2000, seed: UInt64(index)))
            }
            repository.symlink("link", to: "d0")
            repository.submodule("module", commit: String(repeating: "ab", count: 20))
            try repository.commit("first")
            let id = try await harness.add()
            _ = try await harness.engine.sync(id)
            try harness.expectEqual(id, repository)
            for round in 0..<12 {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let path = try #require(paths.randomElement(using: &random))
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: repository.write(RepositoryPath(path), "edited \(round)\n")
                    case 1:
                        repository.remove(RepositoryPath(path))
                        paths.removeAll { $0 == path }
                    case 2:
                        let moved = "moved\(round)/\(path)"
                        repository.rename(RepositoryPath(path), to: RepositoryPath(moved))
                        paths = paths.map { $0 == path ? moved : $0 }
                    case 3: repository.write(RepositoryPath(path), "#!/bin/sh\n", executable: true)
                    default:
                        paths.append("new/\(round)-\(paths.count)")
                        repository.write(RepositoryPath(paths[paths.count - 1]), .generated(sizeBytes: 500, seed: seed))
                    }
                }
                try repository.commit("round \(round)")
                let report = try await harness.engine.sync(id)
                #expect(report.mode == .incremental, "seed \(seed), round \(round)")
                try harness.expectEqual(id, repository)
                let again = try await harness.engine.sync(id)
                #expect(
                    again.upToDate && again.requests == 2 && again.mode == nil, "an unchanged one costs two requests")
            }
        }
    }

    @Test("patterns leave out what they say, and the tree is still the commit's")
    func patterns() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            for name in ["a.swift", "b.txt", "docs/x.md", "docs/deep/y.md", "src/c.swift", "src/d.bin"] {
                repository.write(RepositoryPath(name), "content of \(name)\n")
            }
            try repository.commit("first")
            let exclude = ["docs/", "*.bin"].map { Array($0.utf8) }
            let id = try await harness.add("project.git", RepositoryConfiguration(exclude: exclude))
            let report = try await harness.engine.sync(id)
            #expect(report.files == 3)
            #expect(report.skipped == 2)
            repository.write("docs/x.md", "edited\n")
            repository.write("src/c.swift", "edited\n")
            try repository.commit("second")
            let second = try await harness.engine.sync(id)
            #expect(second.upserted == 1)
            #expect(second.tree.hex == (try repository.resolve("main^{tree}")))
            // Without patterns all of it is there, though nothing changed at the server.
            _ = try await harness.engine.reconfigure(id, RepositoryConfiguration())
            #expect(try await harness.engine.sync(id).files == 6)
            try harness.expectEqual(id, repository)
        }
    }

    @Test("a fork costs its difference, and the same content in another domain is stored again")
    func forkAndDomain() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            for index in 0..<50 {
                repository.write(RepositoryPath("f\(index)"), .generated(sizeBytes: 20_000, seed: UInt64(index)))
            }
            try repository.commit("first")
            let first = try await harness.engine.sync(try await harness.add())
            let fork = try RepositoryBuilder(cloning: repository.path, to: "\(harness.folder)/fork.git")
            fork.write("f0", "mine\n")
            try fork.commit("fork")
            let id = try await harness.add("fork.git")
            let forked = try await harness.engine.sync(id)
            #expect(forked.mode == .partial)
            #expect(forked.blobsStored == 1)
            #expect(forked.bytesFetched * 20 < first.bytesFetched)
            try harness.expectEqual(id, fork)

            let publicly = try await harness.engine.reconfigure(id, RepositoryConfiguration(isPrivate: false))
            #expect(publicly.domain == .public)
            let again = try await harness.engine.sync(id)
            #expect(again.blobsStored == 50, "nothing is shared between domains")
            try harness.expectEqual(id, fork)
            let hash = try #require(SHA1Hash(hex: try fork.resolve("main:f0")))
            let references = try harness.state.read { try $0.blob(hash, in: .public)?.references }
            #expect(references == 1)
        }
    }

    @Test("a forced sync reads everything again and changes nothing")
    func forced() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            repository.write("a", "1\n")
            try repository.commit("first")
            let id = try await harness.add()
            _ = try await harness.engine.sync(id)
            let report = try await harness.engine.sync(id, reason: .forced)
            #expect(report.upserted == 0 && report.removed == 0 && report.mode == .plain)
            try harness.expectEqual(id, repository)
        }
    }

    @Test("one sync of a repository at a time")
    func exclusion() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            repository.write("a", "1\n")
            try repository.commit("first")
            let id = try await harness.add()
            harness.server.inject(.latency(.milliseconds(500)))
            async let one = harness.engine.sync(id)
            try await Task.sleep(for: .milliseconds(150))
            let error = await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
            #expect(error?.code == .busy)
            #expect(try await one.files == 1)
        }
    }
}
