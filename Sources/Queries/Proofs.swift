import EventLog
public import Events
import State

extension Queries {
    /// Proof that an event that may be seen is among the first so many, as the command gives it.
    ///
    /// - Parameter size: nil: of the newest checkpoint that covers it, else of the log as it is.
    /// - Throws: `QueryError` (unknownPosition).
    public func inclusionProof(of position: LogPosition, in size: UInt64?) throws -> Forms.Fields {
        let count = try log.read { snapshot in snapshot.end.rawValue }
        let envelope = try log.read { snapshot in try snapshot.envelope(at: position) }
        guard let envelope, shows(envelope, EventFilter()) else { throw beyond(position, count) }
        let covering = try size ?? checkpoint { $0.size > position.rawValue }?.event.size ?? count
        guard covering > position.rawValue, covering <= count else { throw Self.wrongSize(covering) }
        let record = try log.record(at: position)
        return try log.inclusionProof(of: position, in: covering).json
            + [("record", .string(Base64.encode(record))), ("checkpoint", try note(ofSize: covering))]
    }

    /// Proof that the log of the first `old` events is the beginning of that of the first `size`.
    ///
    /// - Parameter size: nil: the log as it is.
    /// - Throws: `QueryError` (unknownPosition).
    public func consistencyProof(from old: UInt64, to size: UInt64?) throws -> Forms.Fields {
        let count = try log.read { snapshot in snapshot.end.rawValue }
        let size = size ?? count
        guard size <= count else { throw Self.wrongSize(size) }
        guard old <= size else {
            throw QueryError(.unknownPosition, "a log of \(size) events does not begin with \(old)")
        }
        return try log.consistencyProof(from: old, to: size).json
            + [("fromCheckpoint", try note(ofSize: old)), ("checkpoint", try note(ofSize: size))]
    }

    /// The newest checkpoint that is as it is wanted, and where the log says that it was signed.
    public func checkpoint(
        where isWanted: (CheckpointSigned) -> Bool = { _ in true }
    ) throws -> (position: LogPosition, at: Timestamp, event: CheckpointSigned)? {
        var found: (position: LogPosition, at: Timestamp, event: CheckpointSigned)?
        var seen = 0
        try state.read { view in
            try view.forEachPosition(.kind(.checkpointSigned), descending: true) { position in
                let envelope = try log.read { snapshot in try snapshot.envelope(at: position) }
                if let envelope, case .checkpointSigned(let event) = envelope.event, isWanted(event) {
                    found = (position, envelope.header.time, event)
                }
                seen += 1
                return found == nil && seen < Self.maximumCheckpointCount
            }
        }
        return found
    }

    /// Checkpoints that are looked through for one of a size.
    private static let maximumCheckpointCount = 10_000

    private func note(ofSize size: UInt64) throws -> JSONValue {
        try checkpoint { $0.size == size }.map { .string($0.event.note) } ?? .null
    }

    private static func wrongSize(_ size: UInt64) -> QueryError {
        QueryError(
            .unknownPosition, "size has to be one that the log has reached and that covers the event; it is \(size)")
    }
}
