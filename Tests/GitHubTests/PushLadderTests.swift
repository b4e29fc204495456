import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Synchronization
import TestSupport
import Testing

@Suite("A push's own list of files")
struct PushLadderTests {
    /// A repository that is read over REST, with what its pushes said and without.
    private struct Pair {
        let hub: Hub
        let repository: HostedRepository
        let provider: GitHubProvider
        var known = MemoryContent()
        var identity: SourceIdentity?
        var limits = SourceLimits()
        var configuration = RepositoryConfiguration()

        init(_ hub: Hub, _ files: [RepositoryPath: RepositoryContent]) throws {
            self.hub = hub
            // Nobody listens there: what counts is what was sent.
            hub.server.setWebhook(url: "http://127.0.0.1:1/webhooks/github", secret: "s")
            repository = try hub.server.addRepository("acme/widgets", files: files)
            provider = GitHubProvider(settings: hub.settings(.rest, token: hub.server.makeToken(user: "acme")))
        }

        /// Reads what is there now, with a hint and without, and expects the same. The hint's reading is returned.
        mutating func read(_ pushed: PushedChanges?) async throws -> (told: Reading, requests: Int, saved: Int) {
            var source = hub.source(
                "acme/widgets", .webhook, identity: identity, configuration: configuration, limits: limits)
            hub.server.resetTraffic()
            let asked = try await provider.read(source, known)
            let askedCount = hub.restCount
            source.pushed = pushed
            hub.server.resetTraffic()
            let told = try await provider.read(source, known)
            let toldCount = hub.restCount
            #expect(told.observation == asked.observation)
            #expect(told.sink.items.map(\.path) == asked.sink.items.map(\.path))
            #expect(Self.hashes(told) == Self.hashes(asked))
            #expect(told.sink.contents == asked.sink.contents)
            known = told.known
            identity = identity ?? told.identity
            return (told, toldCount, askedCount - toldCount)
        }

        private static func hashes(_ reading: Reading) -> [String] {
            reading.sink.items.map { item in
                switch item.content {
                case .blob(let mode, let hash, _): "\(mode) \(hash)"
                case .submodule(let hash): "\(hash)"
                case .skipped(let mode, let hash, _, let reason): "\(mode) \(hash) \(reason)"
                }
            }
        }

        func pushed() async throws -> PushedChanges? { try await hub.pushedChanges() }
    }

    private static let files: [RepositoryPath: RepositoryContent] = [
        "README.md": "read\n", "src/a/one": "1\n", "src/a/two": "2\n", "src/b/three": "3\n", "docs/x y/ü": "text\n",
    ]

    @Test("a few files take one request less than the comparison, and removals alone take none")
    func fewer() async throws {
        try await Hub.with { hub in
            var pair = try Pair(hub, Self.files)
            _ = try await pair.read(nil)

            try pair.repository.push(["src/a/one": "one\n", "docs/x y/ü": "changed\n", "src/new/deep/er": "new\n"])
            let edits = try await pair.read(try await pair.pushed())
            #expect(edits.told.sink.fetches.map(\.mode) == [.push] && edits.told.sink.steps.isEmpty)
            // The branch, the record, the commit, and each file with its content.
            #expect(edits.requests == 6 && edits.saved == 1)

            try pair.repository.push(["src/a/two": nil, "README.md": nil])
            let removals = try await pair.read(try await pair.pushed())
            #expect(removals.told.sink.fetches.map(\.mode) == [.push])
            #expect(removals.requests == 3 && removals.saved == 1)

            // Commits of one push, and pushes that were not read in between: the last word on each file counts.
            try pair.repository.push(commits: [["a": "a\n", "b": "b\n"], ["a": "a again\n", "src/b/three": "4\n"]])
            var joined = try #require(try await pair.pushed())
            try pair.repository.push(["b": "b again\n"])
            joined.append(try #require(try await pair.pushed()))
            let several = try await pair.read(joined)
            #expect(several.told.sink.fetches.map(\.mode) == [.push] && several.saved == 1)
        }
    }

    @Test("what may be a rename is compared: the content is here already")
    func rename() async throws {
        try await Hub.with { hub in
            var pair = try Pair(hub, Self.files)
            _ = try await pair.read(nil)
            try pair.repository.push(["src/a/one": nil, "src/a/moved": "1\n"])
            let (told, _, saved) = try await pair.read(try await pair.pushed())
            #expect(told.sink.fetches.map(\.mode) == [.compare] && told.sink.steps.isEmpty && saved == 0)
        }
    }

    /// Something that a push's list does not tell, or not so that it can be used.
    struct Misfit: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: ProviderError.Code
        var mode = FetchMode.compare
        var prepare: @Sendable (inout SourceLimits, inout RepositoryConfiguration) -> Void = { _, _ in }
        let change: @Sendable (HostedRepository) throws -> Void
        var afterwards: @Sendable (HostedRepository) throws -> Void = { _ in }
    }

    static let misfits: [Misfit] = [
        Misfit(testDescription: "forced", code: .limitExceeded, mode: .recursiveTree) { repository in
            try repository.push(["README.md": "forced\n"], parent: .none)
        },
        Misfit(testDescription: "a list of commits that was cut", code: .incomplete) { repository in
            try repository.push(commits: [["a": "1\n"], ["b": "2\n"], ["c": "3\n"], ["d": "4\n"]])
        },
        Misfit(testDescription: "more files than are kept", code: .limitExceeded) { repository in
            let files = (0...PushedChanges.maximumFileCount).map { (RepositoryPath("new/\($0)"), "\($0)\n") }
            try repository.push(.init(uniqueKeysWithValues: files.map { ($0.0, .text($0.1)) }))
        },
        Misfit(testDescription: "more files than are read of one commit", code: .limitExceeded) { repository in
            let files = (0..<100).map { (RepositoryPath("new/\($0)"), "\($0)\n") }
            try repository.push(.init(uniqueKeysWithValues: files.map { ($0.0, .text($0.1)) }))
        },
        Misfit(testDescription: "a mode", code: .incomplete, mode: .recursiveTree) { repository in
            try repository.update { builder in
                try builder.setMode("README.md", .executable)
                try builder.commit("Mode")
            }
        },
        Misfit(testDescription: "a name that is no text", code: .unsupported, mode: .recursiveTree) { repository in
            try repository.update { builder in
                builder.write(RepositoryPath([0x6e, 0xff]), "n\n")
                try builder.commit("Name")
            }
        },
        Misfit(testDescription: "a link", code: .unsupported) { repository in
            try repository.update { builder in
                builder.symlink("link", to: "src/b/three")
                try builder.commit("Link")
            }
        },
        Misfit(
            testDescription: "a file over the limit", code: .limitExceeded,
            prepare: { limits, _ in limits.maximumBlobByteCount = 1000 }
        ) { repository in try repository.push(["README.md": .generated(sizeBytes: 5000, seed: 1)]) },
        Misfit(
            testDescription: "a file that patterns leave out", code: .unsupported, mode: .recursiveTree,
            prepare: { _, configuration in configuration.exclude = [Array("docs/".utf8)] }
        ) { repository in try repository.push(["docs/more": "more\n"]) },
        Misfit(
            testDescription: "a later push that was not told yet", code: .incomplete,
            change: { try $0.push(["README.md": "told\n"]) }, afterwards: { try $0.push(["README.md": "untold\n"]) }),
    ]

    @Test("what it does not tell is recorded and compared, and the same comes out", arguments: misfits)
    func misfit(_ misfit: Misfit) async throws {
        try await Hub.with({ $0.limits.pushedCommits = 3 }) { hub in
            var pair = try Pair(hub, Self.files)
            try pair.repository.update { builder in
                builder.symlink("link", to: "src/a/one")
                try builder.commit("Link")
            }
            misfit.prepare(&pair.limits, &pair.configuration)
            _ = try await pair.read(nil)
            try misfit.change(pair.repository)
            let pushed = try #require(try await pair.pushed())
            try misfit.afterwards(pair.repository)
            let (told, _, _) = try await pair.read(pushed)
            #expect(told.sink.steps.first?.mode == .push)
            #expect(told.sink.steps.first?.error.code == misfit.code, "\(told.sink.steps)")
            #expect(told.sink.fetches.map(\.mode) == [misfit.mode])
        }
    }

    @Test("a push that does not begin at the last sync is recorded and compared")
    func missed() async throws {
        try await Hub.with { hub in
            var pair = try Pair(hub, Self.files)
            _ = try await pair.read(nil)
            try pair.repository.push(["README.md": "lost\n"])
            try pair.repository.push(["src/a/one": "told\n"])
            let (told, _, _) = try await pair.read(try await pair.pushed())
            #expect(told.sink.steps.map(\.mode) == [.push])
            #expect(told.sink.steps.first?.error.message.contains("the push begins at") == true)
            #expect(told.sink.fetches.map(\.mode) == [.compare])
        }
    }

    @Test("a file that vanished meanwhile, or a server that will not give it, is compared", arguments: [404, 403])
    func refused(status: Int) async throws {
        try await Hub.with { hub in
            var pair = try Pair(hub, Self.files)
            _ = try await pair.read(nil)
            try pair.repository.push(["README.md": "1\n", "src/a/one": "2\n"])
            hub.server.inject(.answer(status: status), path: "/contents/README.md", times: 1)
            let (told, _, _) = try await pair.read(try await pair.pushed())
            #expect(told.sink.steps.map(\.error.code) == [.notFound])
            #expect(told.sink.fetches.map(\.mode) == [.compare])
        }
    }

    @Test("random pushes come out the same with the list and without", arguments: [UInt64(1), 2])
    func random(seed: UInt64) async throws {
        try await Hub.with { hub in
            var random = SeededGenerator(seed: seed)
            var pair = try Pair(hub, Self.files)
            _ = try await pair.read(nil)
            var names: Set<String> = ["README.md", "src/a/one", "src/a/two", "src/b/three"]
            var modes: Set<FetchMode> = []
            for round in 0..<12 {
                var changes: HostedRepository.Changes = [:]
                for index in 0..<Int.random(in: 1...4, using: &random) {
                    let isNew = Bool.random(using: &random)
                    let known = names.sorted().randomElement(using: &random)
                    guard let name = isNew ? "d\(index)/\(round)" : known else { continue }
                    let removes = !isNew && Bool.random(using: &random)
                    changes[RepositoryPath(name)] = .some(removes ? nil : .text("\(round) \(index)\n"))
                    if removes { names.remove(name) } else { names.insert(name) }
                }
                try pair.repository.push(changes)
                let (told, _, saved) = try await pair.read(try await pair.pushed())
                let mode = try #require(told.sink.fetches.last?.mode)
                modes.insert(mode)
                #expect(saved == (mode == .push ? 1 : 0), "seed \(seed), round \(round)")
            }
            #expect(modes.contains(.push), "seed \(seed)")
        }
    }

    @Test("what is read from a push's list follows the ingestion contract")
    func conformance() async throws {
        try await Hub.with { hub in
            hub.server.setWebhook(url: "http://127.0.0.1:1/webhooks/github", secret: "s")
            let repository = try hub.server.addRepository("acme/widgets", isPrivate: true, files: ["first": "first\n"])
            let settings = hub.settings(.rest, token: hub.server.makeToken(user: "acme"))
            let provider = HintingProvider(provider: GitHubProvider(settings: settings))
            try await ProviderConformance.run(
                HubFixture(
                    hub: hub, repository: repository, provider: provider,
                    published: { provider.pushed.take(try await hub.pushedChanges()) }))
        }
    }
}

extension Hub {
    /// What the newest push that was sent says changed.
    func pushedChanges() async throws -> PushedChanges? {
        try await server.webhooksSettled()
        let receiver = GitHubWebhookReceiver(secrets: [Secret("s")])
        guard let newest = server.deliveries.filter({ $0.event == "push" }).max(by: { $0.id < $1.id }) else {
            return nil
        }
        let report = try newest.payload.withUnsafeBytes {
            try receiver.decode(body: $0, headers: WebhookMaterial.headers(event: "push"))
        }
        guard case .ref(let change) = report.content else { return nil }
        return change.changes
    }
}

/// Gives every session what the last push said.
private struct HintingProvider: Provider {
    final class Pushed: Sendable {
        private let last = Mutex<PushedChanges?>(nil)

        var changes: PushedChanges? { last.withLock { $0 } }

        func take(_ changes: PushedChanges?) { last.withLock { $0 = changes } }
    }

    let provider: GitHubProvider
    let pushed = Pushed()

    var name: String { provider.name }
    var capabilities: ProviderCapabilities { provider.capabilities }

    func normalize(_ locator: Locator) throws -> Locator { try provider.normalize(locator) }

    func session(with source: Source) throws -> any ProviderSession {
        var source = source
        source.pushed = pushed.changes
        return try provider.session(with: source)
    }
}
