import EventLog
import Events
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import State
import Testing

@Suite("webhooks that come", .timeLimit(.minutes(2)))
struct IntakeTests {
    @Test("hundreds at once are each recorded once, whatever repeats, and again not after a restart")
    func burst() async throws {
        try await withTemporaryFolder { folder in
            let (hub, clock) = (FakeHub(), ManualClock())
            var first: [String: LogPosition] = [:]
            try await HubHarness.open(in: folder, hub: hub, clock: clock) { harness in
                for number in 0..<10 as Range<UInt64> {
                    _ = try await harness.add("owner/r\(number)", externalID: number)
                }
                let receipts = try await withThrowingTaskGroup(of: WebhookReceipt.self) { group in
                    for number in 0..<600 {
                        // Each third one has come before.
                        let push = number % 3 == 2 ? number - 2 : number
                        let repository = UInt64(push % 10)
                        group.addTask {
                            try await harness.push(
                                "owner/r\(repository)", externalID: repository, from: push, to: push + 10)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let taken = receipts.filter { !$0.isDuplicate }
                #expect(taken.count == 400)
                first = Dictionary(uniqueKeysWithValues: taken.map { ($0.delivery, $0.position) })
                for receipt in receipts { #expect(first[receipt.delivery] == receipt.position) }
                for receipt in taken {
                    let envelope = try #require(try harness.log.read { try $0.envelope(at: receipt.position) })
                    guard case .webhookReceived(let event) = envelope.event else {
                        Issue.record("\(envelope.event.kind) at a receipt's position")
                        continue
                    }
                    #expect(event.delivery == receipt.delivery)
                }
                #expect(try harness.count(.webhookReceived) == 400)
                #expect(try harness.count(.webhookRepeated) == 200)
                #expect(try harness.count(.syncRequested) == 10, "one job a repository waits")
                #expect(try harness.state.read { try $0.statistics().domains }.isEmpty, "a body is no content")
            }
            try await HubHarness.open(in: folder, hub: hub, clock: clock) { harness in
                let again = try await harness.push("owner/r0", externalID: 0, from: 0, to: 10)
                #expect(again.isDuplicate && again.position == first[again.delivery])
            }
        }
    }

    @Test("a flood of what is refused costs an event a minute, and all of it is counted")
    func rejections() async throws {
        try await HubHarness.run { harness in
            for _ in 0..<5000 { try await harness.engine.reject(.wrongSignature, provider: "hub") }
            try await harness.engine.reject(.tooLarge, provider: "hub")
            #expect(try harness.count(.webhookRejected) == 2)
            harness.clock.advance(seconds: 61)
            try await harness.withScheduler { scheduler in try await harness.settle(scheduler) }
            let counts = try harness.events(.webhookRejected).map { envelope -> UInt64 in
                if case .webhookRejected(let event) = envelope.event, event.reason == .wrongSignature {
                    return event.count
                }
                return 0
            }
            #expect(counts == [1, 0, 4999])
        }
    }
}
