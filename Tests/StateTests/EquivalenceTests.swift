import EventGenerator
import EventLog
import Events
import State
import Testing

/// However a log is folded, rows and digests are those of the plain fold.
@Suite struct EquivalenceTests {
    static let count = 600

    @Test(arguments: [101, 102, 103, 104, 105, 106] as [UInt64])
    func foldsInAnyBatches(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: seed, count: Self.count, in: directory("log"))
        var random = SeededGenerator(seed: seed)
        let one = try StateStore.open(
            directory: directory("one"), log: seeded.log, mode: .writer, options: .unfolded)
        let batched = try StateStore.open(
            directory: directory("batched"), log: seeded.log, mode: .writer, options: .unfolded)
        var expected = MemoryState()
        var done = 0
        while done < Self.count {
            let size = 1 + random.below(random.oneIn(3) ? 200 : 20)
            done = min(Self.count, done + size)
            while expected.count < UInt64(done) {
                try expected.fold(seeded.envelopes[Int(expected.count)])
                try one.catchUp(to: expected.count, limit: 1)
            }
            try batched.catchUp(to: UInt64(done), limit: size)
            try expectEqual(one, expected, "seed \(seed), one by one, \(done) events")
            try expectEqual(batched, expected, "seed \(seed), in batches, \(done) events")
        }
    }

    @Test(arguments: [201, 202, 203] as [UInt64])
    func buildsInBulkAtAnyPosition(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: seed, count: Self.count, in: directory("log"))
        var random = SeededGenerator(seed: seed)
        for round in 0..<8 {
            let count = round == 0 ? 0 : round == 1 ? Self.count : random.below(Self.count)
            // A budget of some kilobytes makes many runs that have to be merged.
            let options = StateOptions {
                $0 = .test
                $0.memoryBudgetBytes = round.isMultiple(of: 2) ? 192 << 20 : 300 << 10
            }
            let path = directory("bulk-\(round)")
            let report = try StateBuilder.build(
                log: seeded.log, upTo: UInt64(count), into: path, options: options)
            let store = try StateStore.open(
                directory: path, log: seeded.log, mode: .reader(allowsStale: true), options: options)
            let expected = try seeded.memoryState(count)
            try expectEqual(store, expected, "seed \(seed), in bulk, \(count) events, round \(round)")
            #expect(Set(report.digests) == expected.digestEntries)
            #expect(try store.read { try $0.stateDigest() } == report.stateDigest)
        }
    }

    /// Bulk and live hand over to each other.
    @Test(arguments: [301, 302] as [UInt64])
    func catchesUpFromABuiltState(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: seed, count: Self.count, in: directory("log"))
        _ = try StateBuilder.build(log: seeded.log, upTo: 350, into: directory("state"), options: .test)
        let store = try StateStore.open(
            directory: directory("state"), log: seeded.log, mode: .writer, options: .test)
        try expectEqual(store, try seeded.memoryState(Self.count), "seed \(seed)")
    }
}

extension StateOptions {
    /// Opens without building or folding: every event is left to the test.
    static let unfolded = StateOptions {
        $0 = .test
        $0.catchUpOnOpen = false
    }
}
