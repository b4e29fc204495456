import Events
import FoundationEssentials
import GitHub
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Queries
import State
import Testing

/// What Git LFS keeps elsewhere, from a push to what a reader gets.
@Suite("large files through the engine", .timeLimit(.minutes(3)))
struct LargeFileTests {
    private let setting = RepositoryConfiguration(fetchesLargeFiles: true)

    private static func largeFiles(_ simulated: SimulatedInstallation) throws -> [LargeFileStored] {
        try simulated.events(.largeFileStored).compactMap { event in
            if case .largeFileStored(let stored) = event { stored } else { nil }
        }
    }

    @Test("the pointer is the file, and what it stands for is stored once, found, and not fetched again")
    func stored() async throws {
        try await SimulatedInstallation.run { server, settings in
            settings.token = Secret(server.makeToken(user: "acme"))
        } _: { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", isPrivate: true, files: ["a": "1\n"])
            let small = try repository.addLargeFile("large in name only\n")
            let big = try repository.addLargeFile(.generated(sizeBytes: 3_000_000, seed: 5))
            try repository.push(["x.bin": small, "dir/y.bin": big, "dir/copy.bin": small])
            let id = try await simulated.add("acme/widgets", setting)
            let report = try await simulated.here.engine.sync(id)
            #expect(report.files == 4)
            let files = try Self.largeFiles(simulated)
            #expect(files.map(\.size).sorted() == [19, 3_000_000])
            #expect(try simulated.content("x.bin", of: id)?.hasPrefix("version https://git-lfs") == true)
            let queries = try simulated.queries()
            for file in files {
                let pointer = try queries.blob(file.pointer)
                #expect(pointer.largeFile?.hash == file.hash && pointer.largeFile?.contentHash == file.contentHash)
                let large = try queries.blob(file.hash)
                #expect(large.isReadable && large.row.stored?.contentHash == file.contentHash)
                var byteCount = 0
                try queries.content(file.hash) { byteCount += $0.count }
                #expect(UInt64(byteCount) == file.size)
            }
            // A push elsewhere fetches none of it again.
            let asked = simulated.server.traffic.count(of: .largeFile)
            try repository.push(["a": "2\n"])
            #expect(try await simulated.here.engine.sync(id).upserted == 1)
            #expect(simulated.server.traffic.count(of: .largeFile) == asked)
            #expect(try Self.largeFiles(simulated).count == 2)
        }
    }

    @Test("another content than the pointer names is refused, and nothing of it is recorded")
    func mismatched() async throws {
        try await SimulatedInstallation.run { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let pointer = try repository.addLargeFile("what it is\n")
            try repository.push(["x.bin": pointer])
            let folder = "\(simulated.folder)/github/\(repository.id).lfs"
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
            let real = try #require(FileManager.default.contents(atPath: "\(folder)/\(file)"))
            try Data("what it not\n".utf8.prefix(real.count)).write(to: URL(filePath: "\(folder)/\(file)"))
            let id = try await simulated.add("acme/widgets", setting)
            #expect(try await simulated.failure(of: id)?.code == "hashMismatch")
            #expect(try simulated.row(id)?.lastCommit == nil)
            #expect(try Self.largeFiles(simulated).isEmpty)
            try real.write(to: URL(filePath: "\(folder)/\(file)"))
            _ = try await simulated.here.engine.sync(id)
            #expect(try Self.largeFiles(simulated).map(\.size) == [UInt64(real.count)])
        }
    }

    @Test("what the server does not have is recorded by its path, the rest comes, and a later reading brings it")
    func missing() async throws {
        try await SimulatedInstallation.run { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let there = try repository.addLargeFile("there\n")
            let gone = try repository.addLargeFile("gone\n")
            try repository.push(["there.bin": there, "gone.bin": gone])
            let folder = "\(simulated.folder)/github/\(repository.id).lfs"
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
            let file = try #require(files.first { FileManager.default.contents(atPath: $0)?.count == 5 })
            try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
            let id = try await simulated.add("acme/widgets", setting)
            #expect(try await simulated.here.engine.sync(id).files == 3)
            let failed = try simulated.events(.fetchFailed).compactMap { event -> Failure? in
                if case .fetchFailed(let failed) = event { failed.failure } else { nil }
            }
            #expect(failed.map(\.code) == ["notFound"] && failed.first?.message.hasPrefix("gone.bin: ") == true)
            #expect(try simulated.content("gone.bin", of: id)?.contains("oid sha256:") == true, "the pointer is here")
            #expect(try Self.largeFiles(simulated).map(\.size) == [6])
            try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
            _ = try await simulated.here.engine.sync(id, reason: .forced)
            #expect(try Self.largeFiles(simulated).map(\.size).contains(5))
        }
    }

    @Test("no path names what a pointer stands for: it stays while the pointer does, and goes with it")
    func collected() async throws {
        try await SimulatedInstallation.run { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let pointer = try repository.addLargeFile("large in name only\n")
            try repository.push(["x.bin": pointer])
            let id = try await simulated.add("acme/widgets", setting)
            _ = try await simulated.here.engine.sync(id)
            let hash = try #require(try Self.largeFiles(simulated).first).hash
            var options = CollectOptions()
            options.release = ReleasePolicy(graceSeconds: 0, graceEvents: 0)
            #expect(try await simulated.here.engine.collect(options).deleted == 0)
            #expect(try simulated.queries().blob(hash).isReadable)
            try await simulated.here.engine.removeRepository(id)
            // The file, the pointer, and what it stands for.
            let report = try await simulated.here.engine.collect(options)
            #expect(report.deleted == 3 && report.differences.isEmpty)
            #expect(throws: (any Error).self) { try simulated.queries().blob(hash) }
        }
    }
}
