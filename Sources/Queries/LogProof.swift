import EventLog
public import Events
import State

/// What the log can prove now.
public struct LogProof: Sendable {
    /// The last signed head, held against the log as it is.
    public struct Checkpoint: Sendable {
        /// Of its `CheckpointSigned`, and when that was.
        public var position: LogPosition
        public var at: Timestamp
        public var size: UInt64
        public var root: SHA256Hash
        public var note: String
        /// The log still begins with exactly those events.
        public var holds: Bool
    }

    /// Events, and the root of the Merkle tree over them (RFC 6962).
    public var size: UInt64
    public var root: SHA256Hash
    public var checkpoint: Checkpoint?
    /// Where a digest of the state was recorded last.
    public var digest: (position: LogPosition, at: Timestamp)?
}

extension Queries {
    /// The log's head, and whether it still begins as was signed last. Takes a few look-ups, however long the log is.
    public func logProof() throws -> LogProof {
        let head = try log.read { snapshot in try snapshot.treeHead }
        var proof = LogProof(size: head.size, root: head.root)
        if let (position, at, event) = try checkpoint() {
            let holds =
                try event.size <= head.size
                && log.read { snapshot in try snapshot.root(size: event.size) } == event.root
            proof.checkpoint = LogProof.Checkpoint(
                position: position, at: at, size: event.size, root: event.root, note: event.note, holds: holds)
        }
        var filter = EventFilter()
        filter.kinds = [.stateDigest]
        filter.limit = 1
        filter.takesNewest = true
        try forEachEvent(filter) { proof.digest = ($0.position, $0.header.time) }
        return proof
    }
}
