import Events
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Testing

/// Where a source may lie that a tenant has added, when it is read: names are resolved anew for each connection.
@Suite("the mark of public addresses") struct AddressMarkTests {
    private static func refusal(of id: RepositoryID, _ harness: EngineHarness) async throws -> String? {
        do {
            _ = try await harness.engine.sync(id)
            return nil
        } catch let error as IngestError {
            return error.failure?.code
        }
    }

    private static func add(
        _ host: String, marked: Bool, _ harness: EngineHarness, _ name: String
    ) async throws -> RepositoryID {
        _ = try harness.repository(name).commit("first")
        let url = harness.server.url(name).replacing("127.0.0.1", with: host)
        return try await harness.engine.addRepository(
            Locator(provider: "git", source: Array(url.utf8)), configuration: RepositoryConfiguration(),
            tenant: harness.tenant, publicAddressesOnly: marked
        ).id
    }

    /// A name that was public when it was added, and names this machine by the time it is asked.
    @Test(
        "a name that changes its answer is refused when the connection is opened",
        arguments: ["localhost", "127.0.0.1"])
    func rebinding(host: String) async throws {
        try await EngineHarness.run(allowsPrivateAddresses: nil) { harness in
            let marked = try await Self.add(host, marked: true, harness, "marked.git")
            let plain = try await Self.add(host, marked: false, harness, "plain.git")
            harness.server.resetTraffic()
            #expect(try await Self.refusal(of: marked, harness) == "refusedAddress")
            #expect(harness.server.traffic.count == 0, "nobody was asked")
            #expect(try await Self.refusal(of: plain, harness) == nil, "its runner may read its own network")
            // It stays where it is, whatever else is said of the source.
            _ = try await harness.engine.reconfigure(marked, RepositoryConfiguration(isPrivate: false))
            #expect(try await Self.refusal(of: marked, harness) == "refusedAddress")
            #expect(try harness.engine.repository(marked).publicAddressesOnly)
        }
    }

    @Test("a setting overrules the mark, both ways", arguments: [true, false])
    func setting(isAllowed: Bool) async throws {
        try await EngineHarness.run(allowsPrivateAddresses: isAllowed) { harness in
            for marked in [true, false] {
                let id = try await Self.add("localhost", marked: marked, harness, "m\(marked).git")
                #expect(try await Self.refusal(of: id, harness) == (isAllowed ? nil : "refusedAddress"))
            }
        }
    }
}
