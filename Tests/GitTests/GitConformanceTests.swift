import Events
import Foundation
import Git
import GitHubSimulator
import GitProtocol
import ProviderKit
import TestSupport
import Testing

/// A repository on a real Git server whose files the conformance suite decides.
private struct ServedFixture: ConformanceFixture {
    let folder: String
    let repository: RepositoryBuilder
    let server: GitServer

    var provider: any Provider {
        var settings = GitSettings(now: { Timestamp(seconds: 1_700_000_000) })
        settings.allowsPrivateAddresses = true
        return GitProvider(settings: settings)
    }
    var locator: Locator { Locator(provider: "git", source: Array((server.url("project.git") + "//").utf8)) }
    var invalidLocators: [Locator] {
        ["ssh://example.org/x.git", "https://user:secret@example.org/x.git", "no url", "https://", "file:///etc"].map {
            Locator(provider: "git", source: Array($0.utf8))
        }
    }
    var missingLocator: Locator { Locator(provider: "git", source: Array(server.url("nothing-here.git").utf8)) }

    var cacheDirectory: String? { "\(folder)/cache" }

    func makeSpoolDirectory() throws -> String { "\(folder)/spool-\(UUID())" }

    func publish(_ files: [[UInt8]: [UInt8]]) async throws {
        repository.removeAll()
        for (path, content) in files.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            repository.write(RepositoryPath(path), .bytes(content))
        }
        try repository.commit("publish")
    }

    func hash(_ content: [UInt8]) -> SHA1Hash {
        var hasher = ObjectHasher()
        return hasher.hash(.blob, content).withUnsafeBytes { SHA1Hash($0) }
    }
}

/// Servers of every ability end in the same state.
@Test(
    "a Git server follows the ingestion contract",
    arguments: [(filters: true, anyWant: true), (filters: true, anyWant: false), (filters: false, anyWant: false)])
func conformance(filters: Bool, anyWant: Bool) async throws {
    try await withTemporaryFolder { folder in
        let repository = try RepositoryBuilder(at: "\(folder)/project.git")
        repository.write("first", "first\n")
        try repository.commit("first")
        var configuration = GitServer.Configuration(root: folder)
        configuration.allowFilter = filters
        configuration.allowAnySHA1InWant = anyWant
        try await GitServer.withServer(configuration) { server in
            try await withTaskExecutorPreference(BlockingExecutor()) {
                try await ProviderConformance.run(
                    ServedFixture(folder: folder, repository: repository, server: server))
            }
        }
    }
}
