import Events
import LMDB

/// What a check of some consecutive records found, and what is needed to go on from there.
struct ChunkVerification: Sendable {
    let range: Range<LogPosition>
    var result = LogVerification()
    /// Checkpoints that the records say were signed.
    var checkpoints: [(position: LogPosition, event: CheckpointSigned)] = []
    /// The tree nodes over its groups of 256 that were seen whole, in order.
    var nodes: [(key: TreeNodeKey, node: SHA256Hash)] = []
}

/// Which payloads are decoded. Hashes tell every change of a record that was sound; decoding finds what was written wrong.
enum PayloadDecoding: Sendable {
    /// Those of checkpoints, and of the records from this position on, which no stored node covers: there a forger can write
    /// hashes that fit.
    case uncovered(from: LogPosition)
    case all
}

/// Walks some records of a snapshot and notes what is wrong. Chunks are checked side by side, so that all cores take part.
struct ChunkVerifier: ~Copyable {
    private(set) var chunk: ChunkVerification
    private var hasher = SHA256Hasher()
    private var groups: GroupHashes
    private var lastTime: Timestamp?
    private let decoding: PayloadDecoding

    /// Records of a chunk: some groups of 256. A task each, so that these cost nothing and the last ones end together.
    static let eventCount: UInt64 = 16 << TreeNodeKey.groupHeight

    /// Checks the records of `range`, which lies within one chunk.
    static func check(
        _ log: EventLog, _ range: Range<LogPosition>, _ decoding: PayloadDecoding
    ) throws -> ChunkVerification {
        try log.read { snapshot in
            var verifier = ChunkVerifier(range, decoding)
            try verifier.check(snapshot)
            return verifier.chunk
        }
    }

    private init(_ range: Range<LogPosition>, _ decoding: PayloadDecoding) {
        self.decoding = decoding
        chunk = ChunkVerification(range: range)
        groups = GroupHashes(from: range.lowerBound.rawValue)
    }

    private mutating func check(_ snapshot: borrowing LogSnapshot) throws {
        let range = chunk.range
        var next = range.lowerBound
        lastTime = timeBefore(next, snapshot)
        do {
            var cursor = try snapshot.entries()
            var isFirst = true
            while let entry = isFirst ? try cursor.seek(next.rawValue) : try cursor.next() {
                isFirst = false
                guard let position = LogPosition(key: entry.key), position >= next else {
                    chunk.result.report(.foreignEntry, at: next, "an entry before it has a key that is no position")
                    continue
                }
                guard position < range.upperBound else { break }
                if position > next { reportMissing(next..<position) }
                try checkRecord(entry.value, at: position, snapshot)
                next = position + 1
            }
        } catch let error as LMDBError {
            chunk.result.report(.unreadable, at: next, error.description)
            return
        }
        if next < range.upperBound { reportMissing(next..<range.upperBound) }
    }

    /// What the first record's time is held against. Damage to the record before it is noted where that is checked.
    private func timeBefore(_ position: LogPosition, _ snapshot: borrowing LogSnapshot) -> Timestamp? {
        guard position.rawValue > 0 else { return nil }
        return (try? snapshot.header(at: LogPosition(position.rawValue - 1)))??.time
    }

    private mutating func reportMissing(_ range: Range<LogPosition>) {
        chunk.result.report(missing: range)
        groups.skip(to: range.upperBound.rawValue)
        lastTime = nil
    }

    private mutating func checkRecord(
        _ record: RawSpan, at position: LogPosition, _ snapshot: borrowing LogSnapshot
    ) throws {
        chunk.result.eventCount += 1
        chunk.result.byteCount += UInt64(record.byteCount)
        let header: RecordHeader
        do {
            header = try RecordHeader(record: record, at: position)
        } catch {
            chunk.result.report(.malformedRecord, at: position, error.reason)
            groups.skip(to: position.rawValue + 1)
            lastTime = nil
            return
        }
        if record.withUnsafeBytes({ hasher.leaf($0) }) != header.leafHash {
            chunk.result.report(.wrongHash, at: position, "its bytes do not give its hash")
        }
        if let lastTime, header.time < lastTime {
            chunk.result.report(.timeDecreases, at: position, "its time lies before that of the event before it")
        }
        lastTime = header.time
        checkReferences(header, at: position)
        checkPayload(record, header, at: position)
        // The leaf as the record states it: where the record was damaged after it was written, the tree still agrees.
        let known = chunk.nodes.count
        groups.push(header.leafHash, hasher: &hasher) { key, node in
            // Groups of groups are put together from those of all chunks.
            if key.level == 1 { chunk.nodes.append((key, node)) }
        }
        for (key, node) in chunk.nodes[known...] { try chunk.result.compare(key, node, snapshot) }
    }

    private mutating func checkPayload(_ record: RawSpan, _ header: RecordHeader, at position: LogPosition) {
        do {
            guard isDecoded(header, at: position) else { return try header.checkKind() }
            let envelope = try Envelope(record: record, at: position)
            if case .checkpointSigned(let event) = envelope.event { chunk.checkpoints.append((position, event)) }
        } catch {
            chunk.result.report(.undecodable, at: position, "its payload cannot be decoded: \(error.reason)")
        }
    }

    private func isDecoded(_ header: RecordHeader, at position: LogPosition) -> Bool {
        switch decoding {
        case .all: true
        case .uncovered(let start): position >= start || header.kind == EventKind.checkpointSigned.rawValue
        }
    }

    private mutating func checkReferences(_ header: RecordHeader, at position: LogPosition) {
        func check(_ name: StaticString, _ target: UInt64?) {
            guard let target, target > position.rawValue else { return }
            chunk.result.report(
                .forwardReference, at: position, "its \(name) is event \(target), which comes after it")
        }
        check("repository", header.repository?.rawValue)
        check("correlation", header.correlation.rawValue)
        check("causation", header.causation?.rawValue)
    }
}

extension LogVerification {
    mutating func report(missing range: Range<LogPosition>) {
        let count = range.upperBound.rawValue - range.lowerBound.rawValue
        report(.missingRecords, at: range.lowerBound, count == 1 ? "it is missing" : "\(count) events are missing")
    }

    /// Holds a node that was computed from records against the stored one.
    mutating func compare(_ key: TreeNodeKey, _ node: SHA256Hash, _ snapshot: borrowing LogSnapshot) throws {
        let start = LogPosition(key.leaves.lowerBound)
        let place = "over the \(key.leaves.count) events from here (tree level \(key.level), node \(key.index))"
        do {
            switch try snapshot.node(key) {
            case nil: report(.missingTreeNode, at: start, "the hash \(place) is missing")
            case node?: break
            default:
                report(.wrongTreeNode, at: start, "the hash \(place) is another one: one of them was changed or moved")
            }
        } catch let error as LogError {
            report(.wrongTreeNode, at: start, error.message)
        }
    }
}
