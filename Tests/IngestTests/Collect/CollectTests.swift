import EventLog
import Events
import Projections
import ProviderKit
import Silo
import State
import TestSupport
import Testing

@testable import Ingest

@Suite("garbage collection", .timeLimit(.minutes(2)))
struct CollectTests {
    private static let day: Int64 = 86_400

    @Test("what the history setting does not keep is released, deleted after the grace, and its bytes are free")
    func history() async throws {
        try await EngineHarness.run { harness in
            let id = try await harness.addDirectory("src", keepDays: 3)
            var old: [SHA1Hash] = []
            var random = SeededGenerator(seed: 5)
            for _ in 0..<4 {
                try harness.write("src", "a", random.text(20_000))
                try harness.write("src", "b", "stays")
                _ = try await harness.engine.sync(id)
                old.append(try harness.hash(id, "a"))
                harness.clock.advance(seconds: Self.day)
            }
            // Versions 0 to 2 were replaced four, three and two days ago less a little; the third day counts.
            let before = try harness.silo.statistics().storedByteCount
            var report = try await harness.collect { $0.release.graceSeconds = 86_400 }
            #expect(report.versionsReleased == 1 && report.released == 1 && report.deleted == 0)
            #expect(try harness.blob(old[0])?.released != nil)
            _ = try harness.silo.read(old[0], in: .tenant(harness.tenant))
            harness.clock.advance(seconds: Self.day)
            report = try await harness.collect { $0.release.graceSeconds = 86_400 }
            #expect(report.versionsReleased == 1 && report.deleted == 1)
            #expect(try harness.silo.contains(old[0], in: .tenant(harness.tenant)) == nil)
            harness.clock.advance(seconds: 90 * Self.day)
            report = try await harness.collect()
            #expect(report.bytesFreed > 20_000)
            #expect(try harness.silo.statistics().storedByteCount < before - 20_000)
            // The newest stays, and what was seen at the last sync that is old enough.
            #expect(try harness.blob(old[3])?.references == 1)
            #expect(try harness.blob(old[2])?.stored == nil)
            #expect(try harness.blob(harness.hash(id, "b"))?.references == 1)
            let versions = try harness.state.read { view in try view.versions(id, path: [97]) }
            #expect(versions.map { $0.released != nil } == [true, true, true, false])
            try harness.expectSound()
            let kinds = try harness.kinds()
            for kind in ["VersionsReleased", "BlobsReleased", "BlobsDeleted", "ShardCompacted"] {
                #expect(kinds.contains(kind))
            }
        }
    }

    @Test("a removed source goes wholly, but for what others name; undo takes it back until it is gone")
    func removal() async throws {
        try await EngineHarness.run { harness in
            let (gone, kept) = (try await harness.addDirectory("gone"), try await harness.addDirectory("kept"))
            for (name, own) in [("gone", "of gone"), ("kept", "of kept")] {
                try harness.write(name, "own", own)
                try harness.write(name, "shared", "of both")
            }
            for id in [gone, kept] { _ = try await harness.engine.sync(id) }
            let (own, shared) = (try harness.hash(gone, "own"), try harness.hash(gone, "shared"))
            try await harness.engine.removeRepository(gone)
            let grace: (inout CollectOptions) -> Void = { $0.release.graceSeconds = 1000 }
            var dry = CollectOptions()
            dry.isDryRun = true
            let count = try harness.state.read { try $0.count }
            let promised = try await harness.engine.collect(dry)
            #expect(promised.released == 1 && promised.versionsReleased == 2)
            #expect(try harness.state.read { try $0.count } == count, "a dry run records nothing")
            var report = try await harness.collect(grace)
            #expect(report.released == 1 && report.versionsReleased == 2 && report.waiting == 1)
            #expect(try harness.blob(shared)?.references == 1)
            var undo = CollectOptions()
            undo.release = ReleasePolicy(graceSeconds: 1000, graceEvents: 0)
            report = try await harness.engine.undoReleases(undo)
            #expect(report.versionsRestored == 2 && report.restored == 1)
            #expect(try harness.blob(own)?.released == nil && harness.blob(own)?.references == 1)
            #expect(try harness.blob(shared)?.references == 2)
            // Nobody wants it all the same, so the next one releases it again, and in the end it goes.
            report = try await harness.collect(grace)
            #expect(report.released == 1)
            harness.clock.advance(seconds: 1001)
            report = try await harness.collect(grace)
            #expect(report.deleted == 1)
            report = try await harness.engine.undoReleases(undo)
            #expect(report.versionsRestored == 0 && report.restored == 0, "what is gone cannot be taken back")
            #expect(try harness.silo.read(shared, in: .tenant(harness.tenant)) == Array("of both".utf8))
            try harness.expectSound()
        }
    }

    @Test("what is named again while it waits is live again, and nothing is stored anew")
    func revival() async throws {
        try await EngineHarness.run { harness in
            let id = try await harness.addDirectory("src", keepDays: 1)
            try harness.write("src", "a", "first")
            _ = try await harness.engine.sync(id)
            let hash = try harness.hash(id, "a")
            try harness.write("src", "a", "second")
            harness.clock.advance(seconds: 10)
            _ = try await harness.engine.sync(id)
            harness.clock.advance(seconds: 2 * Self.day)
            let report = try await harness.collect { $0.release.graceSeconds = 1e6 }
            #expect(report.released == 1)
            try harness.write("src", "b", "first")
            let sync = try await harness.engine.sync(id)
            #expect(sync.blobsStored == 0 && sync.blobsReused == 1)
            #expect(try harness.blob(hash)?.released == nil)
            harness.clock.advance(seconds: 20 * Self.day)
            #expect(try await harness.collect().deleted == 0)
            #expect(try harness.silo.read(hash, in: .tenant(harness.tenant)) == Array("first".utf8))
            try harness.expectSound()
        }
    }

    @Test("the same content of two domains is two")
    func domains() async throws {
        try await EngineHarness.run { harness in
            let own = try await harness.addDirectory("own", isPrivate: true)
            let open = try await harness.addDirectory("open", isPrivate: false)
            for name in ["own", "open"] { try harness.write(name, "a", "the same") }
            for id in [own, open] { _ = try await harness.engine.sync(id) }
            let hash = try harness.hash(own, "a")
            try await harness.engine.removeRepository(own)
            #expect(try await harness.collect().deleted == 1)
            #expect(try harness.silo.contains(hash, in: .tenant(harness.tenant)) == nil)
            #expect(try harness.silo.read(hash, in: .public) == Array("the same".utf8))
            try harness.expectSound()
        }
    }

    @Test("what a running sync relies on is not deleted, be it released before or after the sync began")
    func pins() async throws {
        try await EngineHarness.run { harness in
            let (gone, other) = (try await harness.addDirectory("gone"), try await harness.addDirectory("other"))
            for path in ["a", "b"] { try harness.write("gone", path, "content \(path)") }
            _ = try await harness.engine.sync(gone)
            let hashes = try ["a", "b"].map { try harness.hash(gone, $0) }
            let domain = Domain.tenant(harness.tenant)
            try await harness.engine.removeRepository(gone)
            try await harness.collect { $0.release.graceSeconds = 1000 }
            // A sync that has looked at one of them.
            let count = LogPosition(try harness.state.read { try $0.count })
            let sync = harness.engine.pins.begin(at: count)
            #expect(try harness.engine.keep(hashes[0], in: domain, for: sync))
            #expect(try await harness.collect().deleted == 1)
            #expect(try harness.blob(hashes[0])?.stored != nil && harness.blob(hashes[1])?.stored == nil)
            #expect(try !harness.engine.keep(hashes[1], in: domain, for: sync), "that one has to be fetched")
            // What is released while it runs stays too, looked at or not.
            try harness.write("other", "c", "content c")
            _ = try await harness.engine.sync(other)
            let third = try harness.hash(other, "c")
            try await harness.engine.removeRepository(other)
            let report = try await harness.collect()
            #expect(report.released == 0, "it was stored after that sync began, and may be the sync's")
            harness.engine.pins.end(sync)
            #expect(try await harness.collect().deleted == 2)
            #expect(try harness.blob(third)?.deleted != nil)
            try harness.expectSound()
        }
    }

    @Test("where counts and files differ nothing is deleted, and the content is named")
    func difference() async throws {
        try await EngineHarness.run { harness in
            let (gone, kept) = (try await harness.addDirectory("gone"), try await harness.addDirectory("kept"))
            try harness.write("gone", "a", "content a")
            try harness.write("kept", "b", "content b")
            for id in [gone, kept] { _ = try await harness.engine.sync(id) }
            let hash = try harness.hash(kept, "b")
            try await harness.engine.removeRepository(gone)
            // An event that no decision of ours would make: it takes a reference that a file still has.
            let version = ReleasedVersion(
                path: Array("no such path".utf8), version: ItemVersion(position: LogPosition(0), index: 0), hash: hash,
                size: 0)
            let draft = EventDraft(
                .versionsReleased(VersionsReleased(reason: .history, versions: [version])), tenant: harness.tenant,
                domain: .tenant(harness.tenant), repository: .position(LogPosition(kept.rawValue)))
            _ = try await harness.engine.writer.append([draft], at: harness.clock.now)
            let report = try await harness.collect()
            #expect(report.deleted == 0)
            #expect(
                report.differences == [
                    ReferenceDifference(domain: .tenant(harness.tenant), hash: hash, counted: 0, found: 1)
                ])
            #expect(try harness.silo.read(hash, in: .tenant(harness.tenant)) == Array("content b".utf8))
        }
    }

    @Test("sealed shards are packed anew, once, and everything reads as before")
    func recompression() async throws {
        try await EngineHarness.run { harness in
            let id = try await harness.addDirectory("src")
            var contents: [SHA1Hash: String] = [:]
            for round in 0..<6 {
                for path in ["a", "b"] {
                    let lines = (0..<400).map {
                        "\(path) line \($0) \($0 % 7 == round ? "changed in \(round)" : "as it was")"
                    }
                    let content = lines.joined(separator: "\n")
                    try harness.write("src", path, content)
                    _ = try await harness.engine.sync(id)
                    contents[try harness.hash(id, path)] = content
                }
            }
            _ = try harness.silo.seal(.tenant(harness.tenant))
            let report = try await harness.collect { $0.recompresses = true }
            #expect(report.shardsReplaced == 1 && report.shardsWritten == 1)
            let again = try await harness.collect { $0.recompresses = true }
            #expect(again.shardsReplaced == 0, "what is packed is not packed again")
            for (hash, content) in contents {
                #expect(try harness.silo.read(hash, in: .tenant(harness.tenant)) == Array(content.utf8))
            }
            try harness.expectSound()
        }
    }

    @Test("bodies of webhooks go when their time is over, unless a younger one is the same")
    func bodies() async throws {
        try await EngineHarness.run { harness in
            func receive(_ delivery: String, _ body: String) async throws -> SHA1Hash {
                let webhook = ReceivedWebhook(
                    provider: "hub",
                    report: WebhookReport(delivery: delivery, event: "ping", sender: "", content: .ping),
                    body: Array(body.utf8), secret: 0)
                let receipt = try await harness.engine.receive(webhook)
                guard
                    case .webhookReceived(let event) = try harness.log.read({ log in
                        try log.envelope(at: receipt.position)?.event
                    })
                else { throw IngestError(.damaged, "no webhook") }
                return event.bodyHash
            }
            let old = try await receive("1", "old")
            let shared = try await receive("2", "the same")
            harness.clock.advance(seconds: 91 * Self.day)
            _ = try await receive("3", "the same")
            let young = try await receive("4", "young")
            let report = try await harness.collect()
            #expect(report.bodiesReleased == 1 && report.deleted == 0)
            #expect(try harness.silo.contains(old, in: .webhooks) == nil)
            for hash in [shared, young] { #expect(try harness.silo.contains(hash, in: .webhooks) != nil) }
            #expect(try await harness.collect().bodiesReleased == 0)
            #expect(try harness.state.read { try $0.statistics().domains }.isEmpty, "a body is no content")
            harness.clock.advance(seconds: 91 * Self.day)
            #expect(try await harness.collect().bodiesReleased == 2)
            try harness.expectSound()
        }
    }
}
