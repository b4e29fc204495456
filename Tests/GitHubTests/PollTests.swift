import Events
import GitHub
import GitHubSimulator
import ProviderKit
import Testing

@Suite("Polls and identity")
struct PollTests {
    private func with(
        _ body: @Sendable (Hub, HostedRepository, GitHubProvider) async throws -> Void
    ) async throws {
        try await Hub.with { hub in
            let repository = try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let settings = hub.settings(token: hub.server.makeToken(user: "acme"))
            try await body(hub, repository, GitHubProvider(settings: settings))
        }
    }

    /// What the engine keeps after a poll.
    private func polled(_ known: MemoryContent, _ head: SourceHead) -> MemoryContent {
        var known = known
        known.checkpoint?.validator = head.validator
        return known
    }

    @Test("polls without a change are answered with 304, which costs nothing")
    func notModified() async throws {
        try await with { hub, _, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            let source = hub.source("acme/widgets", .schedule, identity: first.identity)
            var known = first.known
            // The first poll learns the tag.
            let head = try await provider.head(source, since: known)
            #expect(!head.changed)
            #expect(head.validator.isEmpty == false)
            known = polled(known, head)
            let before = try #require(head.rateLimit)
            hub.server.resetTraffic()
            for _ in 0..<5 {
                let head = try await provider.head(source, since: known)
                #expect(!head.changed)
                #expect(head.ref == Array("refs/heads/main".utf8))
                #expect(head.commit == first.observation.commit)
                #expect(head.rateLimit == before)
                known = polled(known, head)
            }
            #expect(hub.server.traffic.requests.map(\.status) == [304, 304, 304, 304, 304])
        }
    }

    @Test("a configured branch is polled from the first time on, whatever is in its name")
    func configuredBranch() async throws {
        try await with { hub, repository, provider in
            try repository.push(["b": "2\n"], on: "release/1%é+&")
            let configuration = RepositoryConfiguration(branch: Array("release/1%é+&".utf8))
            let first = try await provider.read(hub.source("acme/widgets", configuration: configuration))
            #expect(first.sink.items.count == 1)
            let source = hub.source(
                "acme/widgets", .schedule, identity: first.identity, configuration: configuration)
            hub.server.resetTraffic()
            let head = try await provider.head(source, since: first.known)
            #expect(!head.changed)
            #expect(hub.server.traffic.requests.map(\.kind) == [.rest])
            try repository.push(["b": "3\n"], on: "release/1%é+&")
            let moved = try await provider.head(source, since: polled(first.known, head))
            #expect(moved.changed)
            #expect(moved.ref == Array("refs/heads/release/1%é+&".utf8))
            try repository.setBranch("release/1%é+&", to: nil)
            let error = try await providerError { _ = try await provider.head(source, since: first.known) }
            #expect(error?.code == .notFound)
            #expect(error?.errorClass == .permanent)
        }
    }

    @Test("a poll that saw a change whose sync failed does not hide it from the next poll")
    func failedSync() async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            let source = hub.source("acme/widgets", .schedule, identity: first.identity)
            var known = polled(first.known, try await provider.head(source, since: first.known))
            try repository.push(["b": "2\n"])
            for _ in 0..<2 {
                let head = try await provider.head(source, since: known)
                #expect(head.changed)
                // The checkpoint stays, since nothing was read.
                known = polled(known, head)
            }
        }
    }

    @Test("a tag that a new token has voided is an ordinary answer")
    func voidedTag() async throws {
        try await with { hub, _, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            let source = hub.source("acme/widgets", .schedule, identity: first.identity)
            let known = polled(first.known, try await provider.head(source, since: first.known))
            let other = GitHubProvider(settings: hub.settings(token: hub.server.makeToken(user: "acme")))
            hub.server.resetTraffic()
            let head = try await other.head(source, since: known)
            #expect(!head.changed)
            #expect(hub.server.traffic.requests.map(\.status) == [200])
            #expect(head.validator != known.checkpoint?.validator)
        }
    }

    @Test("a poll without REST goes by Git")
    func withoutREST() async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            let source = hub.source("acme/widgets", .schedule, identity: first.identity)
            let known = polled(first.known, try await provider.head(source, since: first.known))
            hub.server.inject(.unavailable, on: [.rest])
            #expect(try await provider.head(source, since: known).changed == false)
            try repository.push(["b": "2\n"])
            #expect(try await provider.head(source, since: known).changed)
        }
    }

    @Test(
        "a repository that was renamed or transferred is followed",
        arguments: [SyncReason.schedule, .webhook, .command])
    func renamed(reason: SyncReason) async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            var source = hub.source("acme/widgets", .schedule, identity: first.identity)
            let known = polled(first.known, try await provider.head(source, since: first.known))
            try repository.rename(to: "Gadgets")
            try repository.transfer(to: "umbrella")
            source.reason = reason
            let head = try await provider.head(source, since: known)
            #expect(head.identity?.locator == locator("umbrella/gadgets"))
            #expect(head.identity?.externalID == first.identity?.externalID)
            #expect(!head.changed)
            try repository.push(["b": "2\n"])
            let second = try await provider.read(source, known)
            #expect(second.sink.items.count == 2)
        }
    }

    @Test("a repository that was deleted and made anew is not the old one")
    func recreated() async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            var source = hub.source("acme/widgets", .schedule, identity: first.identity)
            let known = polled(first.known, try await provider.head(source, since: first.known))
            try repository.delete()
            #expect(try await providerError { _ = try await provider.head(source, since: known) }?.code == .notFound)
            let other = try hub.server.addRepository("acme/widgets", files: ["other": "other\n"])
            let error = try await providerError { _ = try await provider.head(source, since: known) }
            #expect(error?.code == .replaced)
            #expect(error?.errorClass == .permanent)
            source.identity = nil
            #expect(try await provider.head(source, since: known).identity?.externalID == UInt64(other.id))
        }
    }

    @Test(
        "a name that another repository took is not taken for the one that left it",
        arguments: [SyncReason.schedule, .command, .forced])
    func nameTaken(reason: SyncReason) async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            let source = hub.source("acme/widgets", reason, identity: first.identity)
            let known = polled(first.known, try await provider.head(source, since: first.known))
            try repository.rename(to: "gadgets")
            try hub.server.addRepository("acme/widgets", files: ["other": "other\n"])
            let second = try await provider.read(source, known)
            #expect(second.identity?.locator == locator("acme/gadgets"))
            #expect(second.sink.items.map(\.path) == [Array("a".utf8)])
        }
    }

    @Test("what was taken down is said to be", arguments: [SyncReason.schedule, .webhook, .command, .forced])
    func takenDown(reason: SyncReason) async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            repository.takeDown()
            let source = hub.source("acme/widgets", reason, identity: first.identity)
            let error = try await providerError { _ = try await provider.head(source, since: first.known) }
            #expect(error?.code == .takenDown)
            #expect(error?.errorClass == .permanent)
            repository.restore()
            #expect(try await provider.head(source, since: first.known).changed == false)
        }
    }

    @Test("visibility is told with the identity")
    func visibility() async throws {
        try await with { hub, repository, provider in
            let first = try await provider.read(hub.source("acme/widgets"))
            #expect(first.identity?.isPrivate == false)
            repository.setPrivate(true)
            let forced = try await provider.head(hub.source("acme/widgets", .forced, identity: first.identity))
            #expect(forced.identity?.isPrivate == true)
        }
    }

    @Test("a default branch that was changed is followed")
    func defaultBranch() async throws {
        for transport in [GitHubSettings.Transport.automatic, .rest] {
            try await Hub.with { hub in
                let repository = try hub.server.addRepository("acme/widgets", files: ["a": "1\n"])
                let provider = GitHubProvider(
                    settings: hub.settings(transport, token: hub.server.makeToken(user: "acme")))
                let first = try await provider.read(hub.source("acme/widgets"))
                let source = hub.source("acme/widgets", .schedule, identity: first.identity)
                let known = polled(first.known, try await provider.head(source, since: first.known))
                try repository.push(["b": "2\n"], on: "trunk")
                try repository.setDefaultBranch("trunk")
                let second = try await provider.read(source, known)
                #expect(second.head.ref == Array("refs/heads/trunk".utf8))
                #expect(second.sink.items.count == 1)
            }
        }
    }
}
