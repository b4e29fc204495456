import Events
import LMDB
import Testing

@testable import EventLog

@Suite struct VerificationTests {
    private static let count = 600

    /// Fills a log, changes it behind its back, and says what verification finds.
    private func findings(
        expecting size: UInt64? = nil, range: Range<LogPosition>? = nil,
        _ change: (inout WriteTransaction, _ events: Database, _ tree: Database) throws -> Void
    ) async throws -> [LogFinding] {
        let directory = try TemporaryDirectory()
        try await fill(directory, count: Self.count)
        let head: TreeHead? = try size.map { size in
            let log = try EventLog.open(directory: directory.path, mode: .reader)
            return TreeHead(size: size, root: try log.read { try $0.root(size: size) })
        }
        try tamper(directory, change)
        let log = try EventLog.open(directory: directory.path, mode: .reader)
        return try await log.verify(in: range, expecting: head).findings
    }

    private func kinds(_ findings: [LogFinding]) -> [String] {
        findings.map { "\($0.kind.rawValue) \($0.position.rawValue)" }
    }

    private func record(
        _ transaction: borrowing WriteTransaction, _ events: Database, _ position: UInt64
    ) throws -> [UInt8] {
        let record = try transaction.get(events, position)?.array
        return try #require(record)
    }

    @Test func nothingIsFoundInASoundLog() async throws {
        #expect(try await findings(expecting: 600) { _, _, _ in } == [])
        #expect(try await findings(range: LogPosition(100)..<LogPosition(599)) { _, _, _ in } == [])
    }

    /// Any single bit of a record, and nothing else, is named.
    @Test func everyFlippedBitIsNamed() async throws {
        let directory = try TemporaryDirectory()
        try await fill(directory, count: 3)
        var original: [UInt8] = []
        try tamper(directory) { transaction, events, _ in original = try record(transaction, events, 1) }
        for bit in 0..<original.count * 8 {
            var changed = original
            changed[bit / 8] ^= 1 << (bit % 8)
            try tamper(directory) { transaction, events, _ in
                try transaction.put(events, (1 as UInt64).key, changed)
            }
            let log = try EventLog.open(directory: directory.path, mode: .reader)
            let found = try await log.verify().findings
            #expect(found.contains { $0.position == LogPosition(1) }, "bit \(bit)")
        }
    }

    @Test func aCutRecordIsNamed() async throws {
        let found = try await findings { transaction, events, _ in
            let record = try record(transaction, events, 40)
            try transaction.put(events, (40 as UInt64).key, Array(record.dropLast()))
            try transaction.put(events, (50 as UInt64).key, Array(record.prefix(20)))
        }
        #expect(kinds(found) == ["malformedRecord 40", "malformedRecord 50"])
    }

    @Test func aMissingRecordIsNamed() async throws {
        let found = try await findings { transaction, events, _ in
            for position: UInt64 in [7, 8, 9, 300] { try transaction.delete(events, position.key) }
        }
        #expect(kinds(found) == ["missingRecords 7", "missingRecords 300"])
    }

    @Test func swappedRecordsAreNamed() async throws {
        let found = try await findings { transaction, events, _ in
            let (left, right) = (try record(transaction, events, 20), try record(transaction, events, 21))
            try transaction.put(events, (20 as UInt64).key, right)
            try transaction.put(events, (21 as UInt64).key, left)
        }
        #expect(kinds(found) == ["timeDecreases 21", "wrongTreeNode 0"])
    }

    /// A record that was exchanged for another valid one, hash and all, contradicts the tree, or a known head.
    @Test func exchangedAndAddedRecordsAreNamed() async throws {
        let other = EncodedEvent(tenantAdded(77), at: Timestamp(seconds: 1300)).record
        let exchanged = try await findings { transaction, events, _ in
            try transaction.put(events, (300 as UInt64).key, other)
        }
        #expect(kinds(exchanged) == ["wrongTreeNode 256"])
        let late = EncodedEvent(tenantAdded(77), at: Timestamp(seconds: 1590)).record
        let atEnd = try await findings(expecting: 600) { transaction, events, _ in
            try transaction.put(events, (590 as UInt64).key, late)
        }
        #expect(kinds(atEnd) == ["unexpectedHead 600"])
        let shortened = try await findings(expecting: 600) { transaction, events, _ in
            try transaction.delete(events, (599 as UInt64).key)
        }
        #expect(kinds(shortened) == ["unexpectedHead 599"])
        let added = try await findings { transaction, events, _ in
            try transaction.put(events, (30 as UInt64).key + [0], other)
        }
        #expect(kinds(added) == ["foreignEntry 31"])
    }

    @Test func changedTreeNodesAreNamed() async throws {
        let found = try await findings { transaction, _, tree in
            try transaction.put(tree, TreeNodeKey(level: 1, index: 0).bytes, .init(repeating: 1, count: 32))
            try transaction.delete(tree, TreeNodeKey(level: 1, index: 1).bytes)
            try transaction.put(tree, TreeNodeKey(level: 2, index: 0).bytes, .init(repeating: 1, count: 32))
            try transaction.put(tree, [9], [])
        }
        #expect(
            kinds(found) == [
                "wrongTreeNode 0", "missingTreeNode 256", "foreignTreeNode 600", "foreignTreeNode 600",
            ])
    }

    @Test func unknownFormatsAreRefused() async throws {
        let directory = try TemporaryDirectory()
        try await fill(directory, count: 1)
        try tamper(directory) { transaction, events, _ in
            var record = try record(transaction, events, 0)
            record[0] = 2
            try transaction.put(events, (0 as UInt64).key, record)
        }
        let unknown = #expect(throws: LogError.self) { try EventLog.open(directory: directory.path, mode: .writer) }
        #expect(unknown?.code == .unknownFormat)
        let absent = #expect(throws: LogError.self) {
            try EventLog.open(directory: directory.path + "/none", mode: .reader)
        }
        #expect(absent?.code == .notFound)
    }
}
