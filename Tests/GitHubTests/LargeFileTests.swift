import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Testing

@Suite("Large files")
struct LargeFileTests {
    private let setting = RepositoryConfiguration(fetchesLargeFiles: true)

    private func files(_ sink: MemorySink) -> [Int] { sink.largeFiles.values.map(\.count).sorted() }

    @Test("are fetched where the setting asks for it, either way", arguments: [GitHubSettings.Transport.git, .rest])
    func fetched(transport: GitHubSettings.Transport) async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", isPrivate: true, files: ["a": "1\n"])
            let small = try repository.addLargeFile("large in name only\n")
            let big = try repository.addLargeFile(.generated(sizeBytes: 6_000_000, seed: 5))
            try repository.push(["x.bin": small, "dir/y.bin": big, "dir/copy.bin": small])
            let provider = GitHubProvider(
                settings: hub.settings(transport, token: hub.server.makeToken(user: "acme")))
            let without = try await provider.read(hub.source("acme/widgets"))
            #expect(without.sink.largeFiles.isEmpty)
            // The setting was turned on: what is there already is looked through.
            let source = hub.source("acme/widgets", .command, configuration: setting)
            let with = try await provider.read(source, without.known)
            #expect(files(with.sink) == [19, 6_000_000])
            #expect(with.sink.items == without.sink.items || with.sink.items.count == without.sink.items.count)
            #expect(with.sink.storedCount == 0)
            // All in one: contents and what they stand for.
            let fresh = try await provider.read(source)
            #expect(files(fresh.sink) == [19, 6_000_000])
            #expect(try RepositoryFiles.names(in: source.spoolDirectory).filter { $0.hasSuffix(".large") }.isEmpty)
        }
    }

    @Test("that cannot be had, or are too large, are recorded, and the rest comes")
    func missing() async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let there = try repository.addLargeFile("there\n")
            let big = try repository.addLargeFile(.generated(sizeBytes: 2000, seed: 5))
            let hash = String(repeating: "ab", count: 32)
            try repository.push([
                "gone.bin": .text("version https://git-lfs.github.com/spec/v1\noid sha256:\(hash)\nsize 12\n"),
                "big.bin": big, "there.bin": there,
            ])
            var limits = SourceLimits()
            limits.maximumBlobByteCount = 1500
            let reading = try await GitHubProvider(settings: hub.settings).read(
                hub.source("acme/widgets", configuration: setting, limits: limits))
            #expect(files(reading.sink) == [6])
            #expect(reading.sink.items.count == 4)
            #expect(reading.sink.steps.map(\.error.code) == [.limitExceeded, .notFound])
            #expect(reading.sink.steps.allSatisfy { $0.error.message.contains(".bin: ") })
        }
    }

    @Test("a server that fails makes the sync fail, so that nothing is left out in silence")
    func failing() async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            try repository.push(["x.bin": try repository.addLargeFile("x\n")])
            hub.server.inject(.unavailable, on: [.largeFile])
            let source = hub.source("acme/widgets", configuration: setting)
            let provider = GitHubProvider(settings: hub.settings)
            #expect(try await providerError { _ = try await provider.read(source) }?.errorClass == .transient)
            hub.server.clearFaults()
            hub.server.inject(.rateLimited(retryAfterSeconds: 30), on: [.largeFile], times: 1)
            let error = try await providerError { _ = try await provider.read(source) }
            #expect(error?.errorClass == .rateLimited)
            #expect(error?.retryAt == Timestamp(seconds: Hub.start + 30))
            #expect(files(try await provider.read(source).sink) == [2])
        }
    }

    @Test("many files take few requests")
    func batches() async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            var changes: [RepositoryPath: RepositoryContent?] = [:]
            for index in 0..<150 { changes["\(index).bin"] = try repository.addLargeFile(.text("large \(index)\n")) }
            try repository.push(changes)
            let reading = try await GitHubProvider(settings: hub.settings).read(
                hub.source("acme/widgets", configuration: setting))
            #expect(reading.sink.largeFiles.count == 150)
            #expect(hub.server.traffic.requests.count { $0.path.hasSuffix("/objects/batch") } == 2)
        }
    }

    @Test("pointers: what the specification shows, and what is none")
    func pointers() {
        func pointer(_ text: String) -> LargeFilePointer? { Array(text.utf8).withUnsafeBytes { LargeFilePointer($0) } }
        let hash = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
        let head = "version https://git-lfs.github.com/spec/v1\n"
        #expect(pointer("\(head)oid sha256:\(hash)\nsize 12345\n")?.size == 12345)
        #expect(pointer("\(head)ext-0-foo sha256:\(hash)\noid sha256:\(hash)\nsize 5\n")?.contentHash.hex == hash)
        for text in [
            "\(head)oid sha256:\(hash)\n", "\(head)size 12345\n", "\(head)oid sha256:\(hash.dropLast())\nsize 1\n",
            "\(head)oid sha256:\(hash)\nsize -1\n",
            "version https://hawser.github.com/spec/v1\noid sha256:\(hash)\nsize 1\n",
            "\(head)oid sha256:\(hash)\nsize 1\n" + String(repeating: "x", count: 1024), "",
        ] { #expect(pointer(text) == nil) }
    }
}
