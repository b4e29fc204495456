import Events
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import State
import TestSupport
import Testing

@testable import Silo

private func fill(_ repository: RepositoryBuilder, files: Int = 60) throws {
    for index in 0..<files {
        repository.write(
            RepositoryPath("src/\(index % 7)/file\(index).txt"), .generated(sizeBytes: 3000, seed: UInt64(index)))
    }
    try repository.commit("fill")
}

@Suite("what a bad server gets")
struct EngineFaultTests {
    /// Each fault is recorded, shows nothing half done, and the next attempt ends well.
    @Test(
        "a fault is recorded and the next attempt ends well",
        arguments: [
            Fault.unavailable, .rateLimited(retryAfterSeconds: 77), .cut(afterBytes: 5000), .corruptPack(atByte: 3000),
            .errorPacket("upload-pack: something broke"), .answer(status: 403, headers: [:], body: Array("no".utf8)),
            .protocolV0,
        ])
    func faults(_ fault: Fault) async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            try fill(repository)
            let id = try await harness.add()
            harness.server.inject(fault)
            let error = await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
            #expect(error?.failure?.message.isEmpty == false)
            let kinds = try harness.kinds()
            #expect(kinds.contains("SyncFailed"))
            #expect(kinds.contains(error?.retryAt == nil ? "JobDeadLettered" : "RetryScheduled"))
            if error?.failure?.errorClass == .rateLimited, let at = error?.retryAt {
                #expect(at >= harness.clock.now.adding(seconds: 60), "a server's wish is respected")
            }
            #expect(try harness.state.read { try $0.visiblePosition(id) } == nil)
            harness.server.clearFaults()
            let report = try await harness.engine.sync(id)
            #expect(report.files == 60)
            try harness.expectEqual(id, repository)
        }
    }

    /// Nobody can make two such contents at will here, so the store is told beforehand that it has another one.
    @Test("a content whose SHA-1 another one has is refused, recorded, and left out")
    func collision() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            try fill(repository, files: 5)
            repository.write("attack", "the second content under one hash\n")
            try repository.commit("attack")
            let entry = try #require(try repository.entries().first { $0.path.bytes == Array("attack".utf8) })
            let hash = try #require(SHA1Hash(hex: entry.id))
            let kept = Array("the first one".utf8)
            let planted = BlobEntry(
                sha1: hash, sha256: try #require(SHA256Hash([UInt8](repeating: 7, count: 32))),
                byteCount: kept.count)
            _ = try kept.withUnsafeBytes { try harness.silo.writer.put($0, planted, in: .tenant(harness.tenant)) }
            let id = try await harness.add()
            let report = try await harness.engine.sync(id)
            #expect(report.files == 5 && report.skipped == 1)
            #expect(try harness.kinds().contains("BlobRefused"))
            let version = try harness.state.read { try $0.file(id, path: Array("attack".utf8), asOf: nil) }
            guard case .skipped(_, hash, _, .hashCollision)? = version?.content else {
                Issue.record("the item is \(String(describing: version?.content))")
                return
            }
            let known = try harness.silo.contains(hash, in: .tenant(harness.tenant))
            #expect(known?.sha256 == planted.sha256, "the first one is kept")
            repository.write("another", "unharmed\n")
            try repository.commit("another")
            let next = try await harness.engine.sync(id)
            #expect(next.files == 6 && next.skipped == 1)
        }
    }

    @Test("what was stored and fetched before a cut is not fetched again")
    func resume() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            try fill(repository)
            let id = try await harness.add()
            // The pack is whole and in the spool; then the directory for the store becomes unusable.
            _ = try await harness.engine.sync(id)
            repository.write("new", "content\n")
            try repository.commit("one more")
            harness.server.inject(.cut(afterBytes: 100), on: [.fetch], times: 1)
            await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
            try harness.expectEqual(id, repository, at: "main~1")
            let report = try await harness.engine.sync(id)
            #expect(report.mode == .incremental)
            #expect(report.blobsStored == 1)
            try harness.expectEqual(id, repository)
        }
    }

    @Test("after its attempts a job is a dead letter, and comes back when it is asked for")
    func deadLetter() async throws {
        try await EngineHarness.run({ $0.retryPolicy.maximumAttempts = 3 }) { harness in
            let repository = try harness.repository()
            try fill(repository, files: 3)
            let id = try await harness.add()
            harness.server.inject(.unavailable)
            for attempt in 1...3 {
                let error = await #expect(throws: IngestError.self) { try await harness.engine.sync(id) }
                #expect((error?.retryAt == nil) == (attempt == 3))
            }
            let letters = try harness.state.read { try $0.deadLetters() }
            #expect(letters.map(\.attempts) == [3])
            #expect(letters.first?.failure?.failure.code == "serverError")
            harness.server.clearFaults()
            let job = try #require(letters.first?.id)
            #expect(try await harness.engine.requeue(job) == id)
            _ = try await harness.engine.sync(id, reason: .retry)
            #expect(try harness.state.read { try $0.jobs() } == [])
            await #expect(throws: IngestError.self) { try await harness.engine.requeue(job) }
        }
    }
}

@Suite("what odd repositories get")
struct OddRepositoryTests {
    @Test("unsafe names are recorded and left out, odd ones are kept")
    func names() async throws {
        try await EngineHarness.run { harness in
            let repository = try harness.repository()
            let blob = try repository.storeObject("blob", "x\n")
            let empty = try repository.storeTree([])
            let below = try repository.storeTree([RepositoryEntry(mode: "100644", id: blob, path: "..")])
            let tree = try repository.storeTree([
                RepositoryEntry(mode: "40000", id: empty, path: ".GIT"),
                RepositoryEntry(mode: "100644", id: blob, path: ".git"),
                RepositoryEntry(mode: "100644", id: blob, path: "line\nbreak"),
                RepositoryEntry(mode: "40000", id: empty, path: "nothing"),
                RepositoryEntry(mode: "40000", id: below, path: "sub"),
                RepositoryEntry(mode: "100664", id: blob, path: "writable"),
            ])
            try repository.commit(tree: tree)
            let id = try await harness.add()
            let report = try await harness.engine.sync(id)
            #expect(report.files == 2)
            #expect(report.skipped == 4)
            let reasons = try harness.state.read { view in
                var reasons: [String: SkipReason] = [:]
                try view.forEachFile(id, asOf: try view.visiblePosition(id)) { version in
                    if case .skipped(_, _, _, let reason) = version.content {
                        reasons[String(decoding: version.path, as: UTF8.self)] = reason
                    }
                    return true
                }
                return reasons
            }
            #expect(
                reasons == [
                    ".GIT/": .unsafeName, ".git": .unsafeName, "nothing/": .emptyDirectory, "sub/..": .unsafeName,
                ])
            // The next sync builds upon the rebuilt trees, what was left out included.
            repository.write("line\nbreak", "y\n")
            #expect(report.tree.hex == tree)
        }
    }

    @Test("a tree of trees that would expand to 10^10 paths is refused at once, and so is a very deep one")
    func bombs() async throws {
        try await EngineHarness.run({ $0.sourceLimits.maximumDepth = 2000 }) { harness in
            let wide = try harness.repository("wide.git")
            var id = try wide.storeObject("blob", "x\n")
            for level in 0..<10 {
                id = try wide.storeTree(
                    (0..<10).map { RepositoryEntry(mode: level == 0 ? "100644" : "40000", id: id, path: "\($0)") })
            }
            try wide.commit(tree: id)
            let deep = try harness.repository("deep.git")
            id = try deep.storeObject("blob", "x\n")
            for level in 0..<3000 {
                id = try deep.storeTree([RepositoryEntry(mode: level == 0 ? "100644" : "40000", id: id, path: "d")])
            }
            try deep.commit(tree: id)
            for name in ["wide.git", "deep.git"] {
                let repository = try await harness.add(name)
                let error = await #expect(throws: IngestError.self) { try await harness.engine.sync(repository) }
                #expect(error?.failure?.code == "limitExceeded")
                #expect(error?.failure?.errorClass == .permanent)
            }
        }
    }

    @Test("an empty repository has no files, and what is missing or SHA-256 is said in clear words")
    func emptyAndMissing() async throws {
        try await EngineHarness.run { harness in
            let empty = try harness.repository("empty.git")
            let id = try await harness.add("empty.git")
            #expect(try await harness.engine.sync(id).files == 0)
            #expect(try await harness.engine.sync(id).upToDate)
            empty.write("first", "file\n")
            try empty.commit("first")
            #expect(try await harness.engine.sync(id).upserted == 1)
            try harness.expectEqual(id, empty)

            let missing = try await harness.add("missing.git")
            let notFound = await #expect(throws: IngestError.self) { try await harness.engine.sync(missing) }
            #expect(notFound?.failure?.code == "notFound")
            _ = try RepositoryBuilder(at: "\(harness.folder)/new.git", format: .sha256)
            let modern = try await harness.add("new.git")
            let unsupported = await #expect(throws: IngestError.self) { try await harness.engine.sync(modern) }
            #expect(unsupported?.failure?.message.contains("SHA-256") == true)
        }
    }
}
