import Events
import GitHub
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import TestSupport
import Testing

/// From a webhook's list of files to what is stored.
@Suite("a push's list of files", .timeLimit(.minutes(3)))
struct PushListTests {
    private static let secret = "It's a Secret to Everybody"

    @Test(
        "spares the comparison over REST, and nobody looks at it with Git",
        arguments: [
            (GitHubSettings.Transport.rest, FetchMode.push), (.git, .incremental),
        ])
    func fromWebhook(transport: GitHubSettings.Transport, mode: FetchMode) async throws {
        try await SimulatedInstallation.run { server, settings in
            settings.transport = transport
            settings.token = Secret(server.makeToken(user: "acme"))
        } _: { simulated in
            let repository = try simulated.server.addRepository(
                "acme/widgets", isPrivate: true, files: ["a": "1\n", "src/b": "2\n", "src/deep/c": "3\n"])
            let id = try await simulated.add("acme/widgets")
            try await simulated.here.serving(Scale.current, secret: Self.secret) { port in
                simulated.server.setWebhook(url: "http://127.0.0.1:\(port)/webhooks/github", secret: Self.secret)
                try await eventually("the first sync") { try simulated.row(id)?.lastCommit != nil }
                for round in 0..<3 {
                    simulated.server.resetTraffic()
                    try repository.push(["src/b": .text("b \(round)\n"), "new/\(round)": .text("new \(round)\n")])
                    let head = try repository.head()
                    try await eventually("push \(round)") { try simulated.row(id)?.lastCommit?.hex == head }
                    // The branch, the record, the commit, two files.
                    if transport == .rest { #expect(simulated.server.traffic.count(of: .rest) == 5) }
                }
            }
            let modes = try simulated.events(.fetchCompleted).map { event -> FetchMode? in
                if case .fetchCompleted(let fetched) = event { fetched.mode } else { nil }
            }
            #expect(modes.dropFirst() == [mode, mode, mode])
            #expect(try simulated.events(.fetchFailed).isEmpty)
            #expect(try simulated.content("src/b", of: id) == "b 2\n")
            #expect(try simulated.content("new/0", of: id) == "new 0\n")
            #expect(try simulated.row(id)?.lastTree?.hex == (try repository.builder.resolve("main^{tree}")))
        }
    }
}
