public import Events

extension EventLog {
    /// Checks every record of `range`, or of the whole log, and the tree over them.
    ///
    /// Positions without gaps, headers, kinds, leaf hashes, times, references, stored tree nodes and signed checkpoints are held
    /// against each other: whatever was changed after it was written shows in these. Payloads need not be decoded for that but those
    /// of checkpoints and of the last events, which no stored node covers yet; a consistent forgery among them shows only against a
    /// head that was known before.
    ///
    /// - Parameters:
    ///   - expected: an earlier head, which the log has to go on from.
    ///   - trusted: public keys that may have signed its checkpoints; empty: whichever an event names.
    ///   - decodingPayloads: whether all payloads are decoded, too: that finds records that were written wrong, hash and all.
    ///   - concurrency: how many chunks of 4,096 records are checked at a time.
    ///   - progress: called now and then with the next position.
    /// - Throws: what `progress` throws, and `LogError` where the log cannot be read at all. Damage is returned.
    public nonisolated(nonsending) func verify(
        in range: Range<LogPosition>? = nil, expecting expected: TreeHead? = nil, trusting trusted: [[UInt8]] = [],
        decodingPayloads: Bool = false, concurrency: Int = 2, progress: (LogPosition) throws -> Void = { _ in }
    ) async throws -> LogVerification {
        let snapshot = try snapshot()
        let all = LogPosition(0)..<snapshot.end
        let wanted = (range ?? all).clamped(to: all)
        let uncovered = LogPosition(snapshot.count - snapshot.count % (1 << TreeNodeKey.groupHeight))
        let decoding = decodingPayloads ? PayloadDecoding.all : .uncovered(from: uncovered)
        var verifier = LogVerifier()
        try await withThrowingTaskGroup(of: ChunkVerification.self) { group in
            var plan = ChunkPlan(wanted)
            /// In the order in which they have to be taken.
            var expectedNext: [ChunkPlan.Step] = []
            var done: [LogPosition: ChunkVerification] = [:]
            var running = 0
            while true {
                while running < max(1, concurrency), let step = try plan.next(in: snapshot) {
                    expectedNext.append(step)
                    guard case .check(let range) = step else { continue }
                    running += 1
                    group.addTask { try ChunkVerifier.check(self, range, decoding) }
                }
                while let step = expectedNext.first {
                    if case .check(let range) = step {
                        guard let chunk = done.removeValue(forKey: range.lowerBound) else { break }
                        try verifier.take(chunk, of: snapshot)
                        try progress(range.upperBound)
                    } else if case .missing(let range) = step {
                        verifier.skip(range)
                    }
                    expectedNext.removeFirst()
                }
                guard let chunk = try await group.next() else { break }
                running -= 1
                done[chunk.range.lowerBound] = chunk
            }
        }
        if range == nil {
            try verifier.checkNodes(of: snapshot)
            verifier.checkCheckpoints(of: snapshot, trusted: trusted)
        }
        if let expected { verifier.checkHead(of: snapshot, expected) }
        return verifier.result
    }
}

/// Divides a range of positions at the borders of chunks. Where a far-off position makes a log seem larger than it is, what lies
/// between is passed over at once.
private struct ChunkPlan {
    enum Step: Sendable {
        case check(Range<LogPosition>)
        case missing(Range<LogPosition>)
    }

    private var rest: Range<LogPosition>

    init(_ range: Range<LogPosition>) { rest = range }

    mutating func next(in snapshot: borrowing LogSnapshot) throws -> Step? {
        guard !rest.isEmpty else { return nil }
        let size = ChunkVerifier.eventCount
        let start = rest.lowerBound.rawValue
        let end = rest.upperBound.rawValue
        let border = start.isMultiple(of: size) ? start : start / size * size + size
        let found = try snapshot.firstPosition(from: rest.lowerBound)?.rawValue ?? end
        // Whole chunks without any record.
        let empty = min(found, end) / size * size
        if start == border, empty > start {
            rest = LogPosition(empty)..<rest.upperBound
            return .missing(LogPosition(start)..<LogPosition(empty))
        }
        let (next, isBeyond) = (start / size * size).addingReportingOverflow(size)
        let upper = LogPosition(isBeyond ? end : min(next, end))
        rest = upper..<rest.upperBound
        return .check(LogPosition(start)..<upper)
    }
}
