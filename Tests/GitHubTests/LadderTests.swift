import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Testing

@Suite("The ladder of REST")
struct LadderTests {
    private func provider(_ hub: Hub) -> GitHubProvider {
        GitHubProvider(settings: hub.settings(.rest, token: hub.server.makeToken(user: "acme")))
    }

    @Test("a comparison that may be cut is not believed")
    func comparedFiles() async throws {
        try await Hub.with({ $0.limits.comparedFiles = 3 }) { hub in
            let repository = try hub.server.addRepository("acme/widgets", files: ["a": "a\n", "b": "b\n"])
            var settings = hub.settings(.rest, token: hub.server.makeToken(user: "acme"))
            settings.maximumComparedFileCount = 3
            let provider = GitHubProvider(settings: settings)
            let first = try await provider.read(hub.source("acme/widgets"))
            try repository.push(["c": "c\n", "d": "d\n"])
            let second = try await provider.read(hub.source("acme/widgets"), first.known)
            #expect(second.sink.fetches.last?.mode == .compare)
            #expect(second.sink.steps.isEmpty)
            try repository.push(["1": "1\n", "2": "2\n", "3": "3\n", "4": "4\n"])
            let third = try await provider.read(hub.source("acme/widgets"), second.known)
            #expect(third.sink.steps.map(\.mode) == [.compare])
            #expect(third.sink.steps.first?.error.code == .limitExceeded)
            #expect(third.sink.items.count == 8)
        }
    }

    @Test("a tree that was cut is asked for directory by directory, and nothing is lost")
    func treeEntries() async throws {
        try await Hub.with({ $0.limits.treeEntries = 30 }) { hub in
            var files: [RepositoryPath: RepositoryContent] = [:]
            for index in 0..<120 { files["d\(index % 4)/e\(index % 12)/f\(index)"] = .text("content \(index % 50)\n") }
            let repository = try hub.server.addRepository("acme/widgets", files: files)
            let provider = provider(hub)
            let first = try await provider.read(hub.source("acme/widgets"))
            #expect(first.sink.items.count == 120)
            #expect(first.sink.steps.map(\.mode) == [.recursiveTree])
            #expect(first.sink.fetches.last?.mode == .subtrees)
            // The next time only the directories that changed are asked for.
            try repository.push(["d1/e1/f1": "changed\n"])
            try repository.update { builder in
                try builder.setMode("d2/e2/f2", .executable)
                try builder.commit("Mode")
            }
            hub.server.resetTraffic()
            let second = try await provider.read(hub.source("acme/widgets", identity: first.identity), first.known)
            #expect(second.sink.items.count == 120)
            #expect(second.sink.steps.map(\.mode) == [.compare, .recursiveTree])
            // head, record, commit, comparison, whole tree, top, two changed directories of two levels, one content.
            #expect(hub.restCount <= 12)
        }
    }

    @Test("a directory that REST cannot tell is left out with a record, and its hash is kept")
    func unlisted() async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", files: ["good": "good\n"])
            try repository.update { builder in
                for index in UInt8(0)..<12 {
                    builder.write(RepositoryPath(Array("bad/".utf8) + [0x80 + index, 0x61 + index]), "x\n")
                }
                builder.write("bad/fine", "below\n")
                builder.write("worse/well", "beside\n")
                try builder.commit("Names")
            }
            let rest = try await provider(hub).read(hub.source("acme/widgets"))
            #expect(rest.sink.skipped == ["bad/": .unreadable])
            #expect(rest.sink.items.map { String(decoding: $0.path, as: UTF8.self) } == ["bad/", "good", "worse/well"])
            #expect(rest.sink.steps.map(\.mode) == [.recursiveTree, .subtrees])
            // Git can, also when it goes on from what REST left.
            let git = GitHubProvider(settings: hub.settings(.git, token: hub.server.makeToken(user: "acme")))
            try repository.push(["more": "more\n"])
            let whole = try await git.read(hub.source("acme/widgets"), rest.known)
            #expect(whole.sink.items.count == 16)
            #expect(whole.sink.skipped.isEmpty)
        }
    }

    @Test("a content over GitHub's limit is left out with a record, whether its size was told or not")
    func blobs() async throws {
        try await Hub.with({ $0.limits.blobBytes = 1000 }) { hub in
            let repository = try hub.server.addRepository(
                "acme/widgets", files: ["big": .generated(sizeBytes: 5000, seed: 1), "small": "s\n"])
            var settings = hub.settings(.rest, token: hub.server.makeToken(user: "acme"))
            settings.maximumRESTBlobByteCount = 1000
            let provider = GitHubProvider(settings: settings)
            let first = try await provider.read(hub.source("acme/widgets"))
            #expect(first.sink.skipped == ["big": .tooLarge])
            try repository.push(["also": .generated(sizeBytes: 3000, seed: 2)])
            let second = try await provider.read(hub.source("acme/widgets"), first.known)
            #expect(second.sink.fetches.last?.mode == .compare)
            #expect(second.sink.skipped == ["big": .tooLarge, "also": .tooLarge])
            #expect(second.sink.storedCount == 0)
        }
    }

    @Test("a content that is large goes through a file, and the file goes")
    func spill() async throws {
        try await Hub.with { hub in
            let content = RepositoryContent.generated(sizeBytes: 9_000_000, seed: 3)
            try hub.server.addRepository("acme/widgets", files: ["big": content])
            let source = hub.source("acme/widgets")
            let reading = try await provider(hub).read(source)
            #expect(reading.sink.contents.values.map(\.count) == [9_000_000])
            #expect(try RepositoryFiles.names(in: source.spoolDirectory).isEmpty)
        }
    }

    @Test("patterns keep REST from asking for what they leave out")
    func patterns() async throws {
        try await Hub.with({ $0.limits.treeEntries = 6 }) { hub in
            try hub.server.addRepository(
                "acme/widgets",
                files: ["in/a": "1\n", "in/b": "2\n", "out/c/1": "3\n", "out/c/2": "4\n", "out/d/3": "5\n"])
            let configuration = RepositoryConfiguration(exclude: [Array("out/".utf8)])
            let reading = try await provider(hub).read(hub.source("acme/widgets", configuration: configuration))
            #expect(reading.sink.skipped == ["out/": .excluded])
            #expect(reading.sink.contents.count == 2)
            #expect(hub.server.traffic.requests.filter { $0.path.contains("/git/blobs/") }.count == 2)
        }
    }
}
