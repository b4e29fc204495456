import Events
import Foundation
import GitHub
import GitHubSimulator
import GitProtocol
import ProviderKit
import TestSupport
import Testing

@Suite("Both ways of fetching")
struct TransportTests {
    @Test(
        "GitHub follows the ingestion contract",
        arguments: [GitHubSettings.Transport.automatic, .git, .rest])
    func conformance(transport: GitHubSettings.Transport) async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", isPrivate: true, files: ["first": "first\n"])
            let settings = hub.settings(transport, token: hub.server.makeToken(user: "acme"))
            try await ProviderConformance.run(
                HubFixture(hub: hub, repository: repository, provider: GitHubProvider(settings: settings)))
        }
    }

    @Test("Git and REST give the same, item for item, and the same again after each kind of change")
    func equality() async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", isPrivate: true, files: ["first": "first\n"])
            try repository.update { try Self.fill($0) }
            let token = hub.server.makeToken(user: "acme")
            let git = GitHubProvider(settings: hub.settings(.git, token: token))
            let rest = GitHubProvider(settings: hub.settings(.rest, token: token))
            var known: (git: MemoryContent, rest: MemoryContent) = (.init(), .init())
            var modes: [FetchMode] = []
            for (index, change) in ([nil] + Self.changes).enumerated() {
                if let change { try repository.update { try change($0) } }
                let one = try await git.read(hub.source("acme/widgets"), known.git)
                let other = try await rest.read(hub.source("acme/widgets"), known.rest)
                #expect(one.head.commit == other.head.commit)
                #expect(one.head.ref == other.head.ref)
                #expect(one.observation == other.observation, "after change \(index)")
                #expect(Self.sizeless(one.sink.items) == Self.sizeless(other.sink.items), "after change \(index)")
                #expect(one.sink.contents == other.sink.contents, "after change \(index)")
                #expect(one.identity == other.identity)
                // The tree's id comes out of the items again.
                #expect(Self.tree(other.sink.items) == other.observation.tree.hex)
                modes.append(try #require(other.sink.fetches.last?.mode))
                known = (one.known, other.known)
            }
            #expect(
                modes == [.recursiveTree, .compare, .recursiveTree, .compare, .recursiveTree, .recursiveTree, .compare])
        }
    }

    /// Everything that a tree can hold, but for an empty directory.
    private static func fill(_ builder: RepositoryBuilder) throws {
        builder.removeAll()
        builder.write("README.md", "hello\r\nwindows\r\n")
        builder.write("empty", "")
        builder.write("bin/run", "#!/bin/sh\n", executable: true)
        builder.symlink("link", to: "bin/run")
        builder.symlink("dangling", to: "../nowhere")
        builder.submodule("vendor/lib", commit: "0123456789abcdef0123456789abcdef01234567")
        builder.write(RepositoryPath([0x63, 0x61, 0x66, 0xe9]), "the name is Latin-1\n")
        builder.write(
            RepositoryPath(Array("names/r".utf8) + [0xe9, 0x73, 0xfc] + Array("m/é — \u{fffd}.txt".utf8)),
            "two and one real\n")
        builder.write("a", "sorted before a.b\n")
        builder.write("a.b/c", "and this directory after it\n")
        builder.write("a-b/c", "same\n")
        builder.write("line\nbreak \"quoted\" \\", "same\n")
        builder.write("binary", .generated(sizeBytes: 70_000, seed: 7))
        for index in 0..<40 { builder.write("many/\(index % 7)/file \(index)", "content \(index)\n") }
        try builder.commit("Fill\n\nwith a body", author: "Zoë Zone <zoe@example.org>")
    }

    private static let changes: [@Sendable (RepositoryBuilder) throws -> Void] = [
        { builder in  // What a comparison tells: an edit, a new file, a removal, a rename, a submodule's move.
            builder.write("many/1/file 1", "edited\n")
            builder.write("many/new/deep/er", "new\n")
            builder.remove("empty")
            builder.rename("binary", to: "moved/binary")
            builder.submodule("vendor/lib", commit: "fedcba9876543210fedcba9876543210fedcba98")
            try builder.commit("Change")
        },
        { builder in  // A mode, which it does not tell.
            builder.write("bin/new", "#!/bin/sh\n", executable: true)
            try builder.setMode("README.md", .executable)
            try builder.commit("Modes")
        },
        { builder in try builder.commit("Nothing") },
        { builder in  // A name that is no text.
            builder.write(RepositoryPath([0x6e, 0xff]), "n\n")
            try builder.commit("Name")
        },
        { builder in  // A force push: the comparison is with the last common commit.
            builder.write("forced", "forced\n")
            try builder.commit("Force", parent: "main~2")
        },
        { builder in  // A directory in the place of a file.
            builder.remove("a")
            builder.write("a/now", "a directory\n")
            try builder.commit("Replace")
        },
    ]

    /// A provider need not know the sizes of what it did not fetch.
    private static func sizeless(_ items: [ObservedItem]) -> [ObservedItem] {
        items.map { item in
            guard case .blob(let mode, let hash, _) = item.content else { return item }
            return ObservedItem(path: item.path, content: .blob(mode: mode, hash: hash, size: nil))
        }
    }

    private static func tree(_ items: [ObservedItem]) -> String {
        var assembler = TreeAssembler()
        for item in items {
            switch item.content {
            case .blob(let mode, let hash, _), .skipped(let mode, let hash, _, _):
                assembler.add(item.path, mode: FileMode(rawValue: mode), id: ObjectID(hash.bytes) ?? .zero)
            case .submodule(let hash): assembler.add(item.path, mode: .submodule, id: ObjectID(hash.bytes) ?? .zero)
            }
        }
        return assembler.finish().hex
    }

    @Test(
        "an empty repository has no commit and no items, either way", arguments: [GitHubSettings.Transport.git, .rest])
    func empty(transport: GitHubSettings.Transport) async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/new")
            let provider = GitHubProvider(settings: hub.settings(transport, token: hub.server.makeToken(user: "acme")))
            let reading = try await provider.read(hub.source("acme/new"))
            #expect(reading.head.commit == nil)
            #expect(reading.sink.items.isEmpty)
            #expect(reading.observation.tree.hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
            #expect(reading.identity?.externalID == UInt64(repository.id))
            // The second look finds nothing new.
            #expect(try await provider.head(hub.source("acme/new"), since: reading.known).changed == false)
        }
    }

    @Test("where Git cannot be reached REST takes its place, and that is recorded")
    func stepDown() async throws {
        try await Hub.with { hub in
            try hub.server.addRepository("acme/widgets", files: ["a": "1\n", "b/c": "2\n"])
            var settings = hub.settings(.automatic, token: hub.server.makeToken(user: "acme"))
            settings.gitURL = "http://127.0.0.1:1"
            let reading = try await GitHubProvider(settings: settings).read(hub.source("acme/widgets"))
            #expect(reading.sink.items.map { String(decoding: $0.path, as: UTF8.self) } == ["a", "b/c"])
            #expect(reading.sink.steps.map(\.mode) == [.plain])
            #expect(reading.sink.steps.first?.error.code == .unreachable)
            settings.transport = .git
            let error = try await providerError {
                _ = try await GitHubProvider(settings: settings).read(hub.source("acme/widgets"))
            }
            #expect(error?.code == .unreachable)
        }
    }

    @Test("a webhook's push of three files to 10,000 takes no REST, three Git requests and little on the wire")
    func smallPush() async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", isPrivate: true, files: ["first": "1\n"])
            try repository.update { builder in
                for index in 0..<10_000 { builder.write("d\(index % 100)/e\(index % 7)/\(index)", "file \(index)\n") }
                try builder.commit("Fill")
            }
            let provider = GitHubProvider(settings: hub.settings(token: hub.server.makeToken(user: "acme")))
            let first = try await provider.read(hub.source("acme/widgets"))
            #expect(first.sink.items.count == 10_001)
            try repository.push(["d1/e1/1": "changed\n", "d2/e2/2": "changed too\n", "new": "new\n"])
            hub.server.resetTraffic()
            let second = try await provider.read(
                hub.source("acme/widgets", .webhook, identity: first.identity), first.known)
            #expect(second.sink.storedCount == 3)
            #expect(second.sink.items.count == 10_002)
            #expect(hub.server.traffic.requests.map(\.kind) == [.capabilities, .lsRefs, .fetch])
            #expect(second.traffic.requests == 3)
            #expect(second.traffic.bytesReceived < 20_000)
        }
    }

    @Test("what fails in passing is tried again", arguments: [UInt64(1), 2, 3])
    func faults(seed: UInt64) async throws {
        try await Hub.with({ $0.seed = seed }) { hub in
            var files: [RepositoryPath: RepositoryContent] = [:]
            for index in 0..<60 { files["dir\(index % 5)/\(index)"] = .generated(sizeBytes: 3000, seed: UInt64(index)) }
            try hub.server.addRepository("acme/widgets", files: files)
            hub.server.inject(.unavailable, on: [.rest], probability: 0.1)
            hub.server.inject(.cut(afterBytes: 1000), path: "/git/blobs/", probability: 0.1)
            var settings = hub.settings(.rest, token: hub.server.makeToken(user: "acme"))
            settings.maximumTries = 12
            let reading = try await GitHubProvider(settings: settings).read(hub.source("acme/widgets"))
            #expect(reading.sink.items.count == 60)
            #expect(reading.sink.contents.count == 60)
        }
    }
}
