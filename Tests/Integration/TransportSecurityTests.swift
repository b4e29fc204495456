import Events
import FoundationEssentials
import GitHub
import GitHubSimulator
import Ingest
import NetworkSupport
import ProviderKit
import Testing

/// GitHub behind TLS with a certificate of its own, and behind a proxy.
@Suite("TLS and proxies", .timeLimit(.minutes(3)))
struct TransportSecurityTests {
    private func withFront(
        authority: String?, proxy: ForwardProxy? = nil, _ transport: GitHubSettings.Transport = .automatic,
        _ body: @Sendable (SimulatedInstallation, TLSFront) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder)/authorities.pem"
            if let authority { try Data(authority.utf8).write(to: URL(filePath: file)) }
            let front = Kept<TLSFront>()
            defer { front.value?.stop() }
            try await SimulatedInstallation.run { server, settings in
                let started = try TLSFront(before: server.port)
                front.value = started
                server.setPublicURL(started.url)
                settings.apiURL = started.url + "/api/v3"
                settings.gitURL = started.url
                settings.certificateFile = file
                settings.proxy = proxy?.url
                settings.transport = transport
                settings.token = Secret(server.makeToken(user: "acme"))
            } _: { simulated in
                try await body(simulated, try #require(front.value))
            }
        }
    }

    private static let largeFiles = RepositoryConfiguration(fetchesLargeFiles: true)

    private static func add(_ simulated: SimulatedInstallation) async throws -> RepositoryID {
        let repository = try simulated.server.addRepository("acme/widgets", isPrivate: true, files: ["a": "1\n"])
        try repository.push(["x.bin": try repository.addLargeFile("large\n")])
        return try await simulated.add("acme/widgets", largeFiles)
    }

    @Test(
        "a server whose authority is named is read, over REST and Git, large files too",
        arguments: [GitHubSettings.Transport.git, .rest], [false, true])
    func trusted(transport: GitHubSettings.Transport, isProxied: Bool) async throws {
        let proxy = isProxied ? try ForwardProxy() : nil
        defer { proxy?.stop() }
        try await withFront(authority: TestCertificates.authority, proxy: proxy, transport) { simulated, front in
            let id = try await Self.add(simulated)
            #expect(try await simulated.here.engine.sync(id).files == 2)
            #expect(try simulated.events(.largeFileStored).count == 1)
            #expect(
                simulated.server.traffic.count(of: .rest) > 0 && simulated.server.traffic.count(of: .largeFile) == 2)
            #expect(front.count > 0)
            if let proxy {
                #expect(proxy.requests.count >= front.count)
                #expect(proxy.requests.allSatisfy { $0.hasPrefix("CONNECT 127.0.0.1:\(front.port) ") })
            }
        }
    }

    @Test(
        "a server that nobody vouches for is not talked to, and the setting is named",
        arguments: [GitHubSettings.Transport.automatic, .git, .rest], [TestCertificates.otherAuthority, nil])
    func untrusted(transport: GitHubSettings.Transport, authority: String?) async throws {
        try await withFront(authority: authority, transport) { simulated, front in
            let id = try await Self.add(simulated)
            let failure = try #require(try await simulated.failure(of: id))
            #expect(failure.message.contains("certificate") && failure.message.contains("INGESTOR_CA_FILE"))
            #expect(simulated.server.traffic.count == 0, "no request, and no token, went over")
        }
    }

    @Test("a proxy is used for plain HTTP too, and one that is not there is named")
    func proxies() async throws {
        let proxy = try ForwardProxy()
        try await SimulatedInstallation.run { _, settings in
            settings.proxy = proxy.url
        } _: { simulated in
            let repository = try simulated.server.addRepository("acme/widgets", files: ["a": "1\n"])
            let id = try await simulated.add("acme/widgets")
            _ = try await simulated.here.engine.sync(id)
            #expect(proxy.requests.count >= simulated.server.traffic.count)
            proxy.stop()
            try repository.push(["a": "2\n"])
            let failure = try #require(try await simulated.failure(of: id))
            #expect(failure.code == "unreachable" && failure.message.contains("proxy"))
        }
    }
}

/// Something that a closure leaves for the one around it.
///
/// `@unchecked Sendable`: set before it is read, by one task after the other.
private final class Kept<Value>: @unchecked Sendable {
    var value: Value?
}
