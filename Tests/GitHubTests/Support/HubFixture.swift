import Events
import Foundation
import GitHub
import GitHubSimulator
import GitProtocol
import ProviderKit

/// A repository on the simulator whose files the conformance suite decides.
struct HubFixture: ConformanceFixture {
    let hub: Hub
    let repository: HostedRepository
    let provider: any Provider
    /// Called after files were published.
    var published: @Sendable () async throws -> Void = {}

    var locator: Locator { GitHubTests.locator("https://github.com/Acme/Widgets.git/") }
    var invalidLocators: [Locator] {
        [
            "acme", "acme/widgets/more", "https://example.org/acme/widgets", "a b/c", "acme/..", "-a/b", "acme/", "/x",
            "acme/é",
        ]
        .map { GitHubTests.locator($0) }
    }
    var missingLocator: Locator { GitHubTests.locator("acme/nothing-here") }

    var cacheDirectory: String? { "\(hub.folder)/cache" }

    func makeSpoolDirectory() throws -> String { "\(hub.folder)/spool-\(UUID())" }

    func publish(_ files: [[UInt8]: [UInt8]]) async throws {
        try repository.update { builder in
            builder.removeAll()
            for (path, content) in files.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                builder.write(RepositoryPath(path), .bytes(content))
            }
            try builder.commit("publish")
        }
        try await published()
    }

    func hash(_ content: [UInt8]) -> SHA1Hash {
        var hasher = ObjectHasher()
        return hasher.hash(.blob, content).withUnsafeBytes { SHA1Hash($0) }
    }
}
