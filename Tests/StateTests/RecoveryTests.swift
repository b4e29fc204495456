import EventGenerator
import EventLog
import Events
import Foundation
import LMDB
import Projections
import State
import Testing

/// A state may vanish, stop anywhere or be wrong: what is opened is the fold of the log.
@Suite struct RecoveryTests {
    @Test(arguments: [401, 402, 403] as [UInt64])
    func reopensAfterDeathAtAnyTransaction(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let count = 400
        let seeded = try await SeededLog(seed: seed, count: count, in: directory("log"))
        var random = SeededGenerator(seed: seed)
        var done = 0
        while done < count {
            let options = StateOptions {
                $0 = .unfolded
                // Sometimes the machine was started anew: an unclosed state is then thrown away.
                $0.bootID = [UInt8(random.below(2))]
            }
            let store = try StateStore.open(
                directory: directory("state"), log: seeded.log, mode: .writer, options: options)
            done = Int(try store.count)
            for _ in 0..<random.below(12) {
                done = Int(try store.catchUp(to: UInt64(count), limit: 1 + random.below(9)))
            }
            try expectEqual(store, try seeded.memoryState(done), "seed \(seed), \(done) events")
            if random.oneIn(3) { try store.close() }
            if random.oneIn(6) { try FileManager.default.removeItem(atPath: directory("state") + "/data.mdb") }
        }
    }

    @Test func aStateOfAnotherBootIsNotTrustedUnlessItWasClosed() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 5, count: 100, in: directory("log"))
        var options = StateOptions.test
        func damage() throws {
            try put(.tenants, [9, 9, 9, 9], [9, 9, 9, 9, 0, 0, 0, 0], in: directory("state"))
        }
        _ = try StateBuilder.build(log: seeded.log, into: directory("state"), options: options)
        func rowCount() throws -> Int {
            let store = try StateStore.open(
                directory: directory("state"), log: seeded.log, mode: .writer, options: options)
            return try store.read { try $0.rowCount(.tenants) }
        }
        let whole = try rowCount()
        // Built in bulk, so closed. The row that does not belong there stays, since nothing says that it should be doubted.
        try damage()
        options.bootID = [2]
        #expect(try rowCount() == whole + 1)
        try FileManager.default.removeItem(atPath: directory("state"))
        // Folded live and not closed: trusted within the same boot, built anew after another start.
        let unfolded = StateOptions {
            $0 = .unfolded
            $0.bootID = [2]
        }
        do {
            let store = try StateStore.open(
                directory: directory("state"), log: seeded.log, mode: .writer, options: unfolded)
            try store.catchUp(to: 100)
        }
        try damage()
        #expect(try rowCount() == whole + 1)
        options.bootID = [3]
        #expect(try rowCount() == whole)
    }

    @Test func aStateOfAnotherLogIsBuiltAnew() async throws {
        let directory = try TemporaryDirectory()
        let first = try await SeededLog(seed: 6, count: 80, in: directory("log"))
        let second = try await SeededLog(seed: 7, count: 90, in: directory("other"))
        for seeded in [first, second] {
            do {
                let store = try StateStore.open(
                    directory: directory("state"), log: seeded.log, mode: .writer, options: .test)
                try expectEqual(store, try seeded.memoryState(seeded.envelopes.count), "another log")
                try store.close()
            }
            let reader = try StateStore.open(
                directory: directory("state"), log: seeded.log, mode: .reader, options: .test)
            #expect(try reader.count == UInt64(seeded.envelopes.count))
        }
        #expect {
            _ = try StateStore.open(directory: directory("state"), log: first.log, mode: .reader, options: .test)
        } throws: { ($0 as? StateError)?.code == .unusable }
        #expect {
            _ = try StateStore.open(directory: directory("none"), log: first.log, mode: .reader, options: .test)
        } throws: { ($0 as? StateError)?.code == .missing }
    }

    @Test func aReaderIsToldThatTheStateIsBehind() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 8, count: 50, in: directory("log"))
        _ = try StateBuilder.build(log: seeded.log, upTo: 20, into: directory("state"), options: .test)
        #expect {
            _ = try StateStore.open(directory: directory("state"), log: seeded.log, mode: .reader, options: .test)
        } throws: { ($0 as? StateError)?.code == .stale }
    }

    /// Each changed, missing or invented row is seen in the digest over the rows.
    @Test(arguments: [501, 502] as [UInt64])
    func aWrongRowIsNoticed(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: seed, count: 300, in: directory("log"))
        do {
            let store = try StateStore.open(
                directory: directory("state"), log: seeded.log, mode: .writer, options: .test)
            #expect(try store.read { try $0.verifyDigests() }.isEmpty)
        }
        var random = SeededGenerator(seed: seed)
        // What is announced is kept under sealed names, and so in no digest.
        for table in Table.allCases where table != .announcedRefs {
            // The last row of its table gets another last byte.
            guard let (key, row) = try lastRow(table, in: directory("state")) else { continue }
            var wrong = row
            // Behind the tenant, and in what is not sealed.
            wrong[row.count > 12 ? 8 + random.below(4) : row.count - 1] ^= 0x10
            try put(table, key, wrong, in: directory("state"))
            do {
                let store = try StateStore.open(
                    directory: directory("state"), log: seeded.log, mode: .reader, options: .test)
                let found = try store.read { try $0.verifyDigests() }
                #expect(
                    found.contains { $0.projection == AllProjections.byTable[table.index].name },
                    "seed \(seed), \(table.name)")
            }
            try put(table, key, row, in: directory("state"))
        }
    }
}

private func lastRow(_ table: Table, in directory: String) throws -> (key: [UInt8], row: [UInt8])? {
    let environment = try Environment(path: directory, options: .init { $0.mapSizeBytes = 1 << 30 })
    let database = try environment.database(table.name)
    return try environment.read { transaction in
        var cursor = try transaction.cursor(database)
        let last = try cursor.last()
        guard let last else { return nil }
        return (last.key.withUnsafeBytes { Array($0) }, last.value.withUnsafeBytes { Array($0) })
    }
}

private func put(_ table: Table, _ key: [UInt8], _ row: [UInt8], in directory: String) throws {
    let environment = try Environment(path: directory, options: .init { $0.mapSizeBytes = 1 << 30 })
    let database = try environment.database(table.name)
    try environment.write { try $0.put(database, key, row) }
}
