import EventLog
import Events
import GitHub
import GitHubSimulator
import Ingest
import Projections
import Queries
import Replay
import State
import Synchronization
import TestSupport
import Testing

/// Webhooks are lost, repeated and reordered, requests fail and meet limits, and in the end everything is here.
@Suite("a lossy GitHub", .serialized)
struct LossyHubTests {
    @Test(
        "every repository ends equal to its server, and every gap is named while it is open",
        arguments: LossyHub.Access.allCases)
    func everythingArrives(access: LossyHub.Access) async throws {
        let scale = Scale.current
        if scale.isSoak, access != scale.access { return }
        print(
            "lossy GitHub (\(access)): \(scale.repositories) repositories, \(scale.pushes) pushes, seed \(scale.seed)")
        try await withTemporaryFolder { folder in
            try await GitHubServer.withServer(LossyHub.configuration("\(folder)/github", scale)) { server in
                let hub = try LossyHub(server, scale, access)
                try await Installation.open(in: folder, GitHubProvider(settings: hub.settings)) { here in
                    try await run(hub, here)
                    try await check(hub, here, folder)
                }
            }
        }
    }

    private func run(_ hub: LossyHub, _ here: Installation) async throws {
        for repository in hub.repositories {
            let configuration = RepositoryConfiguration(isPrivate: repository.info.isPrivate)
            _ = try await here.engine.addRepository(
                hub.locator(repository), configuration: configuration, tenant: here.tenant)
        }
        let queries = try here.queries()
        try await here.serving(hub.scale, secret: LossyHub.secret) { port in
            let clock = ContinuousClock()
            hub.setWebhook(port: port)
            let first = try await clock.measure {
                try await settle(hub, here, "the first syncs") { try difference(hub, queries) }
            }
            hub.startFaults()
            let pushes = try await clock.measure { try await hub.pushAll() }
            try await hub.endFaults()
            let rest = try await clock.measure {
                try await settle(hub, here, "everything to arrive") {
                    try difference(hub, queries) ?? unfinished(queries) ?? unreceived(hub, here)
                }
            }
            print("first syncs \(first), pushes \(pushes), until all was here \(rest)")
        }
    }

    /// Waits until nothing is missing, and says what is where that takes too long.
    private func settle(
        _ hub: LossyHub, _ here: Installation, _ what: String, _ missing: () throws -> String?
    ) async throws {
        let deadline = ContinuousClock.now + hub.scale.patience
        while let text = try missing() {
            guard ContinuousClock.now < deadline else {
                print(try Tally(here.log).lines.joined(separator: "\n"))
                throw SimulatorError(code: .server, message: "waited in vain for \(what): \(text)")
            }
            try await Task.sleep(for: hub.scale.isSoak ? .seconds(1) : .milliseconds(20))
        }
    }

    /// The first repository that is not at its server's commit.
    private func difference(_ hub: LossyHub, _ queries: Queries) throws -> String? {
        for repository in hub.repositories {
            let row = try queries.repository(hub.locator(repository))
            let head = try repository.head()
            guard let row, row.lastCommit?.hex == head else {
                return "\(repository.fullName) is at \(row?.lastCommit?.hex ?? "nothing"), not at \(head ?? "nothing")"
            }
        }
        return nil
    }

    /// A gap that is open, or a job.
    private func unfinished(_ queries: Queries) throws -> String? {
        if let gap = try queries.missedDeliveries().first { return "delivery \(gap.gap.delivery) is missing" }
        for status in try queries.status() where !status.isComplete || !status.jobs.isEmpty {
            return "\(status.repository.locator): gaps \(status.gaps), jobs \(status.jobs)"
        }
        return nil
    }

    /// A webhook that an App's hook was to deliver, and that has not come in.
    private func unreceived(_ hub: LossyHub, _ here: Installation) throws -> String? {
        guard hub.access == .app else { return nil }
        return try here.state.read { view in
            try hub.server.deliveries.map(\.guid).first { try view.delivery($0, of: "github") == nil }
        }.map { "delivery \($0) has not come in" }
    }

    // MARK: Afterwards

    private func check(_ hub: LossyHub, _ here: Installation, _ folder: String) async throws {
        let queries = try here.queries()
        for repository in hub.repositories {
            let row = try #require(try queries.repository(hub.locator(repository)))
            var listing: [UInt8] = []
            try queries.forEachFile(try queries.view(of: row)) { listing += ListTree.line($0) }
            let isSame = try listing == repository.builder.listing()
            #expect(isSame, "\(repository.fullName) differs from git ls-tree")
        }

        let tally = try Tally(here.log)
        tally.lines.forEach { print($0) }
        #expect(tally.openGaps.isEmpty)
        #expect(tally.faults.isEmpty)
        #expect(tally.closings.allSatisfy { $0.key < $0.value })
        #expect(tally.deadLetters.isEmpty)
        #expect(here.witness.faults.isEmpty)
        #expect(here.witness.named == Set(tally.gaps.keys), "each gap was in the status once it was recorded")

        let deliveries = hub.server.deliveries.filter { $0.event == "push" }
        let falseGaps = try FalseGaps(here.log, deliveries)
        print("\(falseGaps.count) gaps between pushes, \(falseGaps.found.count) of them where nothing was missing")
        #expect(falseGaps.found.isEmpty)
        let lost = deliveries.filter { $0.mishap == .lost }.map(\.guid)
        print(
            "\(deliveries.count) attempts to deliver pushes: \(lost.count) lost, "
                + "\(deliveries.count { $0.mishap == .repeated }) repeated, "
                + "\(deliveries.count { $0.mishap == .reordered }) reordered, "
                + "\(deliveries.count(where: \.isRedelivery)) sent again; \(hub.server.traffic.count) requests")
        #expect(!lost.isEmpty)
        let received = tally[.webhookReceived]
        switch hub.access {
        case .app:
            let unnamed = Set(lost).subtracting(tally.missedDeliveries)
            #expect(unnamed.isEmpty, "lost, and never named as missing")
            let sent = Set(hub.server.deliveries.map(\.guid))
            #expect(received == sent.count, "each was received once, in the end")
        case .token:
            #expect(tally.gaps.values.contains { $0.reason == .missedPush || $0.reason == .missedWebhook })
        }
        #expect(tally[.webhookRepeated] >= deliveries.count { $0.mishap == .repeated })
        #expect(!tally.retries.isEmpty, "requests failed and were repeated")

        let verification = try await here.log.verify()
        #expect(verification.isSound, "\(verification.findings.prefix(3))")
        let report = try Replay.rebuild(log: here.log, into: "\(folder)/replay", now: Installation.now)
        let replayed = try here.state.read { try Replay.compare(report, with: $0) }
        #expect(replayed.isEqual, "\(replayed)")
    }
}
