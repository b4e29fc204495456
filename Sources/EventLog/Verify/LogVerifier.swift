import Events
import LMDB

/// Puts the checks of chunks together, in their order, and checks what concerns more than one of them.
struct LogVerifier: ~Copyable {
    private(set) var result = LogVerification()
    private var hasher = SHA256Hasher()
    /// Over the nodes of level 1, as if these were leaves: level 1 here is the level above theirs.
    private var upperGroups = GroupHashes()
    private var checkpoints: [(position: LogPosition, event: CheckpointSigned)] = []

    /// Takes over what was found in the next chunk.
    mutating func take(_ chunk: ChunkVerification, of snapshot: borrowing LogSnapshot) throws {
        result.add(chunk.result)
        checkpoints += chunk.checkpoints
        for (key, node) in chunk.nodes {
            if key.index != upperGroups.next { upperGroups.skip(to: key.index) }
            var completed: [(TreeNodeKey, SHA256Hash)] = []
            upperGroups.push(node, hasher: &hasher) { completed.append(($0, $1)) }
            for (upper, node) in completed where upper.level < TreeNodeKey.maximumLevel {
                try result.compare(TreeNodeKey(level: upper.level + 1, index: upper.index), node, snapshot)
            }
        }
    }

    /// Notes that whole chunks are missing.
    mutating func skip(_ range: Range<LogPosition>) {
        result.report(missing: range)
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

    /// Checks every checkpoint that the log holds: its signature, and that the log is still what it says.
    ///
    /// - Parameter trusted: the public keys that may have signed; empty: whichever an event names.
    mutating func checkCheckpoints(of snapshot: borrowing LogSnapshot, trusted: [[UInt8]]) {
        for (position, event) in checkpoints {
            result.checkpointCount += 1
            if let problem = problem(event, at: position, snapshot, trusted) {
                result.report(.wrongCheckpoint, at: position, problem)
            }
        }
    }

    private func problem(
        _ event: CheckpointSigned, at position: LogPosition, _ snapshot: borrowing LogSnapshot, _ trusted: [[UInt8]]
    ) -> String? {
        do {
            let checkpoint = try LogCheckpoint(parsing: event.note)
            try checkpoint.verify(with: NoteVerifier(name: checkpoint.origin, publicKey: event.publicKey))
            guard trusted.isEmpty || trusted.contains(event.publicKey) else {
                return "the checkpoint is signed by another key (\(Hex.encode(event.publicKey)))"
            }
            guard checkpoint.head == TreeHead(size: event.size, root: event.root), event.size <= position.rawValue
            else {
                return "the checkpoint's note and the event disagree"
            }
            guard try snapshot.root(size: event.size) == event.root else {
                return "the first \(event.size) events are not those whose checkpoint was signed here"
            }
            return nil
        } catch {
            return "the checkpoint does not hold: \(error)"
        }
    }
}
