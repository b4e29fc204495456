import Events
import LMDB
import Testing

@testable import EventLog

/// A forger who has the files and not the key: whatever is changed anywhere in the log is found, and named.
@Suite struct TamperTests {
    private static let seed = UInt64.random(in: 0 ... .max)
    private static let rounds = 12
    private static let signer = Result { try NoteSigner(seed: Array(0..<32)) }

    enum Forgery: String, CaseIterable, Sendable {
        case flippedBit, exchanged, cutOut, swapped, added, rewound, rewritten
    }

    /// Records of a log, as a forger would write them again: positions and tree nodes without a gap.
    private struct Forger {
        var records: [[UInt8]]
        /// Which record differs first.
        var firstChanged = 0
        /// He computes the tree over them anew.
        var rewritesTree = false
    }

    @Test(arguments: Forgery.allCases) func isNamed(forgery: Forgery) async throws {
        var random = SeededGenerator(
            seed: Self.seed &+ UInt64(forgery.rawValue.utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude))
        for round in 0..<Self.rounds {
            let directory = try TemporaryDirectory()
            let kept = try await fillAndSign(directory, &random)
            let original = try records(directory)
            let forged = try forge(forgery, original, &random)
            try replace(directory, with: forged)
            let log: EventLog
            do {
                log = try EventLog.open(directory: directory.path, mode: .reader)
            } catch {
                // The first record says which version reads the log: without it there is none to check.
                #expect(forged.firstChanged == 0 && "\(error)".contains("event 0"), "\(error)")
                continue
            }
            let found = try await log.verify(expecting: kept.head, trusting: [Self.signer.get().verifier.publicKey])
            let place =
                "seed \(Self.seed), \(forgery), round \(round), event \(forged.firstChanged) of \(original.count)"
            let first = try #require(found.findings.first, "nothing was found: \(place)")
            // Named is the record itself, or the group of 256 or the checkpoint that it stands under.
            #expect(first.position.rawValue >= UInt64(forged.firstChanged) / 256 * 256, "\(first), \(place)")
            if forgery == .flippedBit {
                #expect(first.position == LogPosition(UInt64(forged.firstChanged)), "\(first), \(place)")
            }
            if forgery == .rewound {
                #expect(first.kind == .unexpectedHead && found.findings.count == 1, "\(first), \(place)")
            }
            // One that has the whole log written anew gives himself away by the checkpoints that he cannot sign.
            if forgery == .rewritten { #expect(first.kind == .wrongCheckpoint, "\(first), \(place)") }
        }
    }

    /// A log of several groups with checkpoints in it; the last one covers all but itself.
    private func fillAndSign(_ directory: TemporaryDirectory, _ random: inout SeededGenerator) async throws
        -> LogCheckpoint
    {
        let (_, writer) = try EventLogWriter.open(directory)
        var time: Int64 = 1000
        var kept: LogCheckpoint?
        for _ in 0..<Int.random(in: 2...4, using: &random) {
            let drafts = (0..<Int.random(in: 100...400, using: &random)).map { _ in
                tenantAdded(UInt32.random(in: 1...9, using: &random), name: "tenant \(random.next())")
            }
            for start in stride(from: 0, to: drafts.count, by: 20) {
                time += 1
                _ = try await writer.append(
                    Array(drafts[start..<min(start + 20, drafts.count)]), at: Timestamp(seconds: time))
            }
            kept = try await writer.signCheckpoint(with: try Self.signer.get(), at: Timestamp(seconds: time))
        }
        return try #require(kept)
    }

    private func records(_ directory: TemporaryDirectory) throws -> [[UInt8]] {
        let log = try EventLog.open(directory: directory.path, mode: .reader)
        return try log.batches()
    }

    private func forge(_ forgery: Forgery, _ original: [[UInt8]], _ random: inout SeededGenerator) throws -> Forger {
        // What came after the kept checkpoint was never promised: its own record is the last.
        let place = Int.random(in: 0..<original.count - 1, using: &random)
        var forger = Forger(records: original, firstChanged: place)
        switch forgery {
        case .flippedBit:
            let bit = Int.random(in: 0..<original[place].count * 8, using: &random)
            forger.records[place][bit / 8] ^= 1 << (bit % 8)
        case .exchanged, .rewritten:
            var hasher = SHA256Hasher()
            var record = original[place]
            // The tenant in the header is another, and the hash is computed anew.
            record[19] &+= 1
            forger.records[place] = try EncodedEvent(record: record, hasher: &hasher).record
        case .cutOut:
            forger.records.remove(at: place)
        case .swapped:
            var other = Int.random(in: 0..<original.count - 1, using: &random)
            if other == place { other = (other + 1) % (original.count - 1) }
            forger.records.swapAt(place, other)
            forger.firstChanged = min(place, other)
        case .added:
            forger.records.insert(original[Int.random(in: 0..<original.count, using: &random)], at: place)
            // Beside its double it changes nothing there.
            while forger.firstChanged < original.count - 1,
                forger.records[forger.firstChanged] == original[forger.firstChanged]
            {
                forger.firstChanged += 1
            }
        case .rewound:
            forger.firstChanged = place
            forger.records.removeSubrange(place...)
        }
        forger.rewritesTree = forgery == .rewound || forgery == .rewritten
        return forger
    }

    private func replace(_ directory: TemporaryDirectory, with forged: Forger) throws {
        let records = forged.records
        try tamper(directory) { transaction, events, tree in
            var position: UInt64 = 0
            while try transaction.get(events, position) != nil {
                try transaction.delete(events, position.key)
                position += 1
            }
            for (position, record) in records.enumerated() { try transaction.put(events, UInt64(position).key, record) }
            guard forged.rewritesTree else { return }
            for index: UInt64 in 0..<16
            where try transaction.get(tree, TreeNodeKey(level: 1, index: index).bytes) != nil {
                try transaction.delete(tree, TreeNodeKey(level: 1, index: index).bytes)
            }
            var frontier = MerkleFrontier()
            var hasher = SHA256Hasher()
            for record in records {
                let leaf = try #require(SHA256Hash(record[64..<96]))
                try frontier.push(leaf, hasher: &hasher) { key, node in
                    try transaction.put(tree, key.bytes, node.bytes)
                }
            }
        }
    }
}

extension EventLog {
    /// All records.
    fileprivate func batches() throws -> [[UInt8]] {
        try read { snapshot in
            var records: [[UInt8]] = []
            try snapshot.forEach { records.append($1.array) }
            return records
        }
    }
}
