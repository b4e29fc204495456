import Events
import LMDB

/// Walks a snapshot of the log and notes what is wrong.
struct LogVerifier: ~Copyable {
    private(set) var result = LogVerification()
    private var hasher = SHA256Hasher()
    private var groups = GroupHashes()
    private var lastTime: Timestamp?

    /// Events between two calls of `progress`.
    private static let progressInterval: UInt64 = 4096

    mutating func checkRecords(
        of snapshot: borrowing LogSnapshot, in range: Range<LogPosition>?, progress: (LogPosition) throws -> Void
    ) throws {
        let range = (range ?? LogPosition(0)..<snapshot.end).clamped(to: LogPosition(0)..<snapshot.end)
        var next = range.lowerBound
        groups = GroupHashes(from: next.rawValue)
        do {
            var cursor = try snapshot.entries()
            var isFirst = true
            // The whole log is read to its physical end, to see what stands behind the last position.
            while let entry = isFirst ? try cursor.seek(next.rawValue) : try cursor.next() {
                isFirst = false
                guard let position = LogPosition(key: entry.key), position >= next else {
                    result.report(.foreignEntry, at: next, "an entry before it has a key that is no position")
                    continue
                }
                guard position < range.upperBound else { break }
                if position > next { reportMissing(next..<position) }
                try checkRecord(entry.value, at: position, snapshot)
                next = position + 1
                if next.rawValue.isMultiple(of: Self.progressInterval) { try progress(next) }
            }
        } catch let error as LMDBError {
            result.report(.unreadable, at: next, error.description)
            return
        }
        if next < range.upperBound { reportMissing(next..<range.upperBound) }
        try progress(range.upperBound)
    }

    private mutating func reportMissing(_ range: Range<LogPosition>) {
        let count = range.upperBound.rawValue - range.lowerBound.rawValue
        result.report(
            .missingRecords, at: range.lowerBound, count == 1 ? "it is missing" : "\(count) events are missing")
        groups.skip(to: range.upperBound.rawValue)
        lastTime = nil
    }

    private mutating func checkRecord(
        _ record: RawSpan, at position: LogPosition, _ snapshot: borrowing LogSnapshot
    ) throws {
        result.eventCount += 1
        result.byteCount += UInt64(record.byteCount)
        let header: RecordHeader
        do {
            header = try RecordHeader(record: record, at: position)
        } catch {
            result.report(.malformedRecord, at: position, error.reason)
            groups.skip(to: position.rawValue + 1)
            lastTime = nil
            return
        }
        if record.withUnsafeBytes({ hasher.leaf($0) }) != header.leafHash {
            result.report(.wrongHash, at: position, "its bytes do not give its hash")
        }
        if let lastTime, header.time < lastTime {
            result.report(.timeDecreases, at: position, "its time lies before that of the event before it")
        }
        lastTime = header.time
        checkReferences(header, at: position)
        do {
            _ = try Envelope(record: record, at: position)
        } catch {
            result.report(.undecodable, at: position, "its payload cannot be decoded: \(error.reason)")
        }
        // The leaf as the record states it: where the record was damaged after it was written, the tree still agrees.
        var completed: [(TreeNodeKey, SHA256Hash)] = []
        groups.push(header.leafHash, hasher: &hasher) { completed.append(($0, $1)) }
        for (key, node) in completed { try compare(key, node, snapshot) }
    }

    private mutating func checkReferences(_ header: RecordHeader, at position: LogPosition) {
        let references: [(String, UInt64?)] = [
            ("repository", header.repository?.rawValue), ("correlation", header.correlation.rawValue),
            ("causation", header.causation?.rawValue),
        ]
        for case (let name, let target?) in references where target > position.rawValue {
            result.report(.forwardReference, at: position, "its \(name) is event \(target), which comes after it")
        }
    }

    private mutating func compare(
        _ key: TreeNodeKey, _ node: SHA256Hash, _ snapshot: borrowing LogSnapshot
    ) throws {
        let start = LogPosition(key.leaves.lowerBound)
        let place = "over the \(key.leaves.count) events from here (tree level \(key.level), node \(key.index))"
        do {
            switch try snapshot.node(key) {
            case nil: result.report(.missingTreeNode, at: start, "the hash \(place) is missing")
            case node?: break
            default:
                result.report(
                    .wrongTreeNode, at: start, "the hash \(place) is another one: one of them was changed or moved")
            }
        } catch let error as LogError {
            result.report(.wrongTreeNode, at: start, error.message)
        }
    }

    /// Looks for nodes that do not belong to the tree.
    mutating func checkNodes(of snapshot: borrowing LogSnapshot) throws {
        do {
            var cursor = try snapshot.nodes()
            while let entry = try cursor.next() {
                guard let key = TreeNodeKey(entry.key) else {
                    result.report(
                        .foreignTreeNode, at: snapshot.end, "an entry of the tree has a key that names no node")
                    continue
                }
                if key.index >= snapshot.count >> (key.level * TreeNodeKey.groupHeight) {
                    let detail =
                        "a hash of tree level \(key.level), node \(key.index), stands over events that are not there"
                    result.report(.foreignTreeNode, at: snapshot.end, detail)
                }
            }
        } catch let error as LMDBError {
            result.report(.unreadable, at: snapshot.end, "the tree: \(error.description)")
        }
    }

    mutating func checkHead(of snapshot: borrowing LogSnapshot, _ expected: TreeHead) {
        guard expected.size <= snapshot.count else {
            let detail = "the log once had \(expected.size) events, and has \(snapshot.count)"
            return result.report(.unexpectedHead, at: snapshot.end, detail)
        }
        do {
            guard try snapshot.root(size: expected.size) != expected.root else { return }
            let detail = "the first \(expected.size) events are not those that were known before"
            result.report(.unexpectedHead, at: LogPosition(expected.size), detail)
        } catch {
            result.report(.unexpectedHead, at: LogPosition(expected.size), "the root cannot be computed: \(error)")
        }
    }
}
