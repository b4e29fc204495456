import Events
import Glibc
import Testing

@testable import Silo

@Suite struct RewriteTests {
    /// What is alive moves, what is forgotten does not, and the old files go; with and without the index.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func rewritingKeepsWhatIsAlive(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var random = SplitMix(seed)
        let silo = try directory.open { $0.shardByteCount = 60_000 }
        var contents = (0..<200).map { Array("\($0) ".utf8) + random.content(random.below(3000)) }
        contents.append(SplitMix.large)
        for content in contents {
            _ = try silo.store(content)
            if random.below(20) == 0 { try silo.flush() }
        }
        _ = try silo.seal(.public)
        contents.shuffle(using: &random)
        let forgotten = contents[..<80].map(gitHash)
        try silo.forget(forgotten, in: .public)
        for hash in forgotten { #expect(try silo.contains(hash, in: .public) == nil) }
        let sealed = try silo.shards().filter(\.isSealed).map(\.id)
        #expect(sealed.count > 1, "seed \(seed)")
        #expect(try silo.occupancy().reduce(0) { $0 + $1.liveBlobs } == contents.count - forgotten.count)
        #expect(throws: SiloError.self) { try silo.delete([sealed[0]]) }
        let order = contents.shuffled(using: &random).map { RewriteItem(hash: gitHash($0)) }
        let rewrite = try silo.rewrite(sealed, in: .public, effort: .hard, order: order)
        #expect(rewrite.replaced == sealed && rewrite.damaged.isEmpty)
        #expect(rewrite.moved == contents.count - forgotten.count && rewrite.dropped == forgotten.count)
        func check(_ silo: Silo) throws {
            for content in contents[80...] { #expect(try silo.read(gitHash(content), in: .public) == content) }
            #expect(try silo.verify().findings.isEmpty, "seed \(seed)")
        }
        try check(silo)
        try silo.delete(sealed)
        #expect(TemporaryDirectory.names(directory.silo).count == rewrite.written.count)
        try check(silo)
        try silo.rebuildLocations()
        try check(silo)
        for hash in forgotten { #expect(try silo.contains(hash, in: .public) == nil) }
        #expect(try silo.store(contents[0]) == forgotten[0])
        try silo.flush()
        #expect(try silo.statistics().blobCount == contents.count - 79)
    }

    /// A crash while shards are rewritten or deleted: the next writer cleans up, and nothing is lost.
    @Test func interruptedRewritingLeavesNothing() throws {
        let directory = TemporaryDirectory()
        let contents = (0..<40).map { Array("\($0) ".utf8) + SplitMixContent.bytes($0) }
        do {
            let silo = try directory.open()
            for content in contents { _ = try silo.store(content) }
            let sealed = try #require(try silo.seal(.public))
            // As a crash leaves them: a shard half written, and one that is being deleted.
            writeFile("\(directory.silo)/0000000000000007.open.unfinished", [1, 2, 3])
            _ = try silo.rewrite([sealed.id], in: .public)
            var record = try #require(try silo.locations.shards()[sealed.id])
            record.isDropped = true
            try silo.locations.commit(LocationChange(shards: [record]))
        }
        let silo = try directory.open()
        #expect(!silo.openReport.hasRebuiltLocations)
        #expect(TemporaryDirectory.names(directory.silo) == ["0000000000000002.shard"])
        #expect(try silo.verify().findings.isEmpty)
        for content in contents { #expect(try silo.read(gitHash(content), in: .public) == content) }
    }

    /// A blob that cannot be read stays where it is, and is named; the others move.
    @Test func whatIsDamagedStays() throws {
        let directory = TemporaryDirectory()
        let contents = [Array("a whole content".utf8), SplitMix.large]
        var path = ""
        do {
            let silo = try directory.open()
            for content in contents { _ = try silo.store(content) }
            _ = try silo.seal(.public)
            path = directory.shardPath
        }
        var bytes = readFile(path)
        let victim = contents[0]
        let at = try #require(bytes.indices.first { bytes[$0...].starts(with: victim) })
        bytes[at] ^= 1
        writeFile(path, bytes)
        let silo = try directory.open()
        let rewrite = try silo.rewrite([ShardID(rawValue: 1)], in: .public)
        #expect(rewrite.damaged == [gitHash(victim)] && rewrite.replaced.isEmpty && rewrite.moved == 1)
        #expect(try silo.read(gitHash(SplitMix.large), in: .public) == SplitMix.large)
        #expect(throws: SiloError.self) { try silo.delete([ShardID(rawValue: 1)]) }
    }

    /// Versions of files end up as differences, on one thread and on several, and take much less; a history that comes back
    /// to what it was is no trap.
    @Test(arguments: [1, 4])
    func versionsBecomeDifferences(threads: Int) async throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open {
            $0.anchorByteCount = 8 << 10
            $0.anchorGroupByteCount = 30 << 10
        }
        let all = (0..<12).map { DifferenceTests.versions(6, file: $0) }
        for content in all.flatMap(\.self) { _ = try silo.store(content) }
        let sealed = try #require(try silo.seal(.public))
        var order: [RewriteItem] = []
        for (number, versions) in all.enumerated() {
            for (index, content) in versions.enumerated() {
                let before = versions[(index + versions.count - 1) % versions.count]
                order.append(
                    RewriteItem(
                        hash: gitHash(content), path: Array("dir/\(number % 3)/\(number)".utf8),
                        predecessor: gitHash(before)))
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1..<threads { group.addTask { try silo.compressUntilClosed() } }
            let rewrite = try silo.rewrite([sealed.id], in: .public, effort: .hard, order: order.reversed())
            #expect(rewrite.moved == order.count && rewrite.written.count == 1 && rewrite.dropped == 0)
            #expect(rewrite.bytesFreed * 4 > sealed.byteCount)
            try silo.delete(rewrite.replaced)
            for content in all.flatMap(\.self) { #expect(try silo.read(gitHash(content), in: .public) == content) }
            #expect(try silo.verify().findings.isEmpty)
            try silo.close()
            try await group.waitForAll()
        }
    }

    /// Families stay together, each version comes after the one before, and every blob comes once.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func plansAreWhole(seed: UInt64) throws {
        var random = SplitMix(seed)
        let count = 200
        let hashes = (0..<count).map { gitHash(Array("\($0)".utf8)) }
        let sha256 = try #require(SHA256Hash([UInt8](repeating: 0, count: 32)))
        var locations: [SHA1Hash: Location] = [:]
        for hash in hashes where random.below(10) > 0 {
            let head = FrameHead(
                kind: .blobs, encoding: .stored, rawByteCount: 1, storedByteCount: random.below(2000),
                payloadChecksum: 0,
                blobs: [BlobEntry(sha1: hash, sha256: sha256, byteCount: 1)])
            locations[hash] = Location(head, index: 0, shard: ShardID(rawValue: 1), offset: UInt64(random.below(1000)))
        }
        let order = hashes.filter { _ in random.below(10) > 0 }.map { hash in
            RewriteItem(
                hash: hash, path: random.below(5) == 0 ? [] : [UInt8(random.below(20))],
                predecessor: random.below(3) == 0 ? nil : hashes[random.below(count)])
        }
        let plan = RewritePlan(order: order + order, locations: locations, shardByteCount: 10_000)
        let all = plan.shards.flatMap { $0.flatMap(\.self) }
        #expect(
            all.count == locations.count && Set(all.map { plan.items[$0].hash }) == Set(locations.keys), "seed \(seed)")
        for shard in plan.shards {
            var seen: Set<Int> = []
            for generation in shard {
                for index in generation {
                    if let predecessor = plan.items[index].predecessor {
                        #expect(seen.contains(predecessor), "seed \(seed)")
                    }
                }
                seen.formUnion(generation)
            }
        }
    }
}
