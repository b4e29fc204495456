import EventLog
import Events
import Foundation
import GitHubSimulator
import Ingest
import OpenSSL
import Projections
import ProviderKit
import Queries
import Silo
import State
import TestSupport
import Testing

/// What two tenants have is kept apart, to the byte, and what one of them has makes no difference to the other.
@Suite("domains in the store") struct StoreIsolationTests {
    /// What a sync cost and did, as far as whoever asked for it can tell.
    private struct Trace: Equatable {
        var kinds: [String]
        var requests: UInt64
        var bytesReceived: UInt64
        var stored: SiloStatistics
        var blobs: UInt64
        var uniqueBytes: UInt64
    }

    /// The hostile tenant reads contents, of which it only knows that somebody may have them.
    private func trace(victimHasThem: Bool, _ contents: [String: [UInt8]]) async throws -> Trace {
        let result = Box<Trace>()
        try await Ground.run { ground in
            let theirs = victimHasThem ? contents : ["other.txt": Array("other\n".utf8)]
            _ = try ground.repository("victim.git", theirs)
            _ = try await ground.engine.sync(try await ground.add("victim.git", for: ground.victim))
            _ = try ground.repository("hostile.git", contents)
            let hostile = try await ground.add("hostile.git", for: ground.hostile)
            let start = try ground.log.read { $0.end }
            ground.server.resetTraffic()
            _ = try await ground.engine.sync(hostile)
            try ground.silo.flush()
            var trace = Trace(
                kinds: [], requests: UInt64(ground.server.traffic.requests.count), bytesReceived: 0,
                stored: try ground.silo.statistics(of: .tenant(ground.hostile)), blobs: 0, uniqueBytes: 0)
            try ground.log.read { snapshot in
                try snapshot.forEach(in: start..<snapshot.end) { position, record in
                    let envelope = try Envelope(record: record, at: position)
                    trace.kinds.append(envelope.event.kind.name)
                    if case .fetchCompleted(let event) = envelope.event { trace.bytesReceived += event.bytesReceived }
                }
            }
            let statistics = try ground.state.read { view in try view.statistics(in: .tenant(ground.hostile)) }
            trace.blobs = statistics.blobs
            trace.uniqueBytes = statistics.uniqueBytes
            result.value = trace
        }
        return try #require(result.value)
    }

    private final class Box<Value: Sendable>: @unchecked Sendable {
        // One task writes, and is awaited before anybody reads.
        var value: Value?
    }

    @Test("nobody can tell from a sync whether another tenant has the same contents")
    func deduplicationTellsNothing() async throws {
        let contents = [
            "a.bin": try Ground.unique(3000), "b.txt": Array(repeating: UInt8(ascii: "x"), count: 50_000),
            "c.bin": try Ground.unique(200_000),
        ]
        var known = try await trace(victimHasThem: true, contents)
        var unknown = try await trace(victimHasThem: false, contents)
        // How HTTP cuts an answer into chunks is chance; one content that was spared would be thousands of bytes.
        #expect(
            max(known.bytesReceived, unknown.bytesReceived) - min(known.bytesReceived, unknown.bytesReceived) < 1000)
        (known.bytesReceived, unknown.bytesReceived) = (0, 0)
        #expect(known == unknown)
        #expect(known.blobs == 3)
    }

    /// Every frame of a shard is of the one domain that its head names, also after shards were rewritten with all contents that
    /// resemble each other side by side.
    @Test("no shard holds anything of two domains", arguments: [false, true])
    func shardsAreOfOneDomain(isRewritten: Bool) async throws {
        try await Ground.run { ground in
            let common = try Ground.unique(20_000)
            var marks: [Domain: [UInt8]] = [:]
            let owners: [(String, TenantID, Bool)] = [
                ("victim.git", ground.victim, true), ("hostile.git", ground.hostile, true),
                ("open.git", ground.victim, false),
            ]
            for (name, tenant, isPrivate) in owners {
                let mark = try Ground.unique(64)
                marks[isPrivate ? .tenant(tenant) : .public] = mark
                // Alike but for one place, which is what a difference would be taken from.
                let repository = try ground.repository(name, ["same.bin": common, "own.bin": common + mark + common])
                let id = try await ground.add(name, for: tenant, isPrivate: isPrivate)
                _ = try await ground.engine.sync(id)
                repository.write("own.bin", .bytes(mark + common))
                try repository.commit("second")
                _ = try await ground.engine.sync(id)
            }
            for domain in marks.keys { _ = try ground.silo.seal(domain) }
            if isRewritten {
                var options = CollectOptions()
                options.recompresses = true
                _ = try await ground.engine.collect(options)
            }
            try ground.silo.flush()
            var seen: Set<Domain> = []
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(ground.folder)/silo") {
                let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(ground.folder)/silo/\(name)")))
                guard bytes.count > 64 else { continue }
                let domain = Domain(rawValue: bytes[12..<16].reduce(0) { $0 << 8 | UInt32($1) })
                // A compressor may take three bytes of a mark from elsewhere; a quarter of it stands somewhere as it is.
                for (owner, mark) in marks
                where stride(from: 0, to: mark.count, by: 16).contains(where: { bytes.holds(Array(mark[$0..<$0 + 16])) }
                ) {
                    #expect(owner == domain, "\(name) of \(domain) holds what is \(owner)'s")
                    seen.insert(owner)
                }
            }
            #expect(seen == Set(marks.keys), "each content is somewhere")
            let sizes = try marks.keys.map { try ground.silo.statistics(of: $0).blobCount }
            #expect(sizes == [3, 3, 3])
            #expect(try ground.silo.verify().findings.isEmpty)
        }
    }

    @Test("sources of one name are each tenant's own")
    func collidingNames() async throws {
        try await Ground.run { ground in
            _ = try ground.repository("project.git", ["a.txt": Array("a\n".utf8)])
            let ids = [
                try await ground.add("project.git", for: ground.victim),
                try await ground.add("project.git", for: ground.hostile),
            ]
            #expect(ids[0] != ids[1])
            _ = try await ground.engine.sync(ids[0])
            let queries = try ground.queries(.tenant(ground.hostile))
            #expect(try queries.repository(ids[0]) == nil)
            #expect(try queries.repository(ids[1])?.lastCommit == nil, "what one has read is not read for the other")
            let locator = try ground.engine.repository(ids[0]).locator
            #expect(try ground.engine.repository(locator, of: ground.hostile)?.id == ids[1])
            try await ground.engine.removeRepository(ids[1])
            #expect(try ground.engine.repository(ids[0]).isRemoved == false)
            #expect(try ground.engine.repository(locator, of: ground.hostile) == nil)
            // Added again it begins anew, and the other's name is not taken.
            let again = try await ground.add("project.git", for: ground.hostile)
            #expect(![ids[0], ids[1]].contains(again))
        }
    }
}
