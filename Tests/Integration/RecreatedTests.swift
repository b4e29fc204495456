import Events
import GitHub
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Queries
import State
import Testing

/// A name that belongs to another repository than before: the owner deleted and made it anew, or somebody else took it.
@Suite("another repository under the same name", .timeLimit(.minutes(3)))
struct RecreatedTests {
    @Test(
        "is never read as the old one; what to do is said, and does it",
        arguments: [GitHubSettings.Transport.git, .rest], [SyncReason.command, .schedule])
    func recreated(transport: GitHubSettings.Transport, reason: SyncReason) async throws {
        try await SimulatedInstallation.run { server, settings in
            settings.transport = transport
            // Polls without a credential ask Git alone, unless something changed.
            if reason == .command { settings.token = Secret(server.makeToken(user: "acme")) }
        } _: { simulated in
            let first = try simulated.server.addRepository("acme/widgets", files: ["a": "old\n"])
            let id = try await simulated.add("acme/widgets")
            let before = try await simulated.here.engine.sync(id)
            try first.delete()
            let second = try simulated.server.addRepository("acme/widgets", files: ["a": "new\n", "b": "2\n"])

            let failure = try #require(try await simulated.failure(of: id, reason: reason))
            #expect(failure.code == "replaced")
            let row = try #require(try simulated.row(id))
            #expect(row.suspension?.reason == .deleted && row.lastCommit == before.commit)
            let note = row.suspension?.note ?? ""
            #expect(note.contains("number \(second.id), not \(first.id)"))
            #expect(note.contains("`ingestor repo add github:acme/widgets`"))
            // Asked again, whoever asks, it is still another one.
            #expect(try await simulated.failure(of: id)?.code == "replaced")
            #expect(try simulated.content("a", of: id) == "old\n")

            let new = try await simulated.add("acme/widgets")
            #expect(new != id)
            #expect(try await simulated.here.engine.sync(new).files == 2)
            #expect(try simulated.content("a", of: new) == "new\n")
            let former = try #require(try simulated.row(id)?.locator)
            #expect(former.description == "github:acme/widgets#\(first.id)")
            #expect(try simulated.queries().repository(former)?.id == id)
            #expect(try simulated.content("a", of: id) == "old\n", "its history stays")
            #expect(try await simulated.failure(of: id)?.code == "replaced")
            #expect(try simulated.queries().status().count { $0.repository.suspension == nil } == 1)
        }
    }

    @Test("a branch that was deleted keeps its history, is said to be gone, and goes on when it is back")
    func deletedBranch() async throws {
        try await SimulatedInstallation.run { server, settings in
            settings.token = Secret(server.makeToken(user: "acme"))
        } _: { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let first = try #require(try repository.head())
            try repository.setBranch("dev", to: first)
            let id = try await simulated.add("acme/widgets", RepositoryConfiguration(branch: Array("dev".utf8)))
            _ = try await simulated.here.engine.sync(id)
            try repository.setBranch("dev", to: nil)
            let failure = try #require(try await simulated.failure(of: id, reason: .webhook))
            #expect(failure.code == "notFound" && failure.message.contains("dev"))
            #expect(try simulated.row(id)?.suspension?.note.contains("dev") == true)
            #expect(try simulated.content("a", of: id) == "1\n")
            try repository.push(["a": "2\n"])
            try repository.setBranch("dev", to: try repository.head())
            _ = try await simulated.here.engine.sync(id, reason: .webhook)
            #expect(try simulated.row(id)?.suspension == nil)
            #expect(try simulated.content("a", of: id) == "2\n")
        }
    }

    @Test("a repository that was taken down and is restored goes on as itself")
    func restored() async throws {
        try await SimulatedInstallation.run { server, settings in
            settings.token = Secret(server.makeToken(user: "acme"))
        } _: { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", isPrivate: true, files: ["a": "1\n"])
            let id = try await simulated.add("acme/widgets")
            _ = try await simulated.here.engine.sync(id)
            repository.takeDown()
            #expect(try await simulated.failure(of: id)?.code == "takenDown")
            repository.restore()
            try repository.push(["a": "2\n"])
            _ = try await simulated.here.engine.sync(id)
            #expect(try simulated.row(id)?.suspension == nil)
            #expect(try simulated.content("a", of: id) == "2\n")
        }
    }
}
