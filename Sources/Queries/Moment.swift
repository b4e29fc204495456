import EventLog
public import Events

/// A moment as somebody names it.
public enum Moment: Sendable, Equatable {
    /// The last completed sync at this commit, or at this tree.
    case id(SHA1Hash)
    /// What was known when the event at this position was the last one.
    case position(LogPosition)
    /// What was known then.
    case time(Timestamp)

    /// 40 hex digits are an id, digits alone a position, RFC 3339 a time.
    ///
    /// - Throws: `QueryError` (malformed).
    public init(parsing text: String) throws(QueryError) {
        if let hash = SHA1Hash(hex: text) {
            self = .id(hash)
        } else if SHA256Hash(hex: text) != nil {
            throw QueryError(.malformed, "\(text) is a SHA-256; commits and trees are named by 40 digits here")
        } else if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let position = UInt64(text) {
            self = .position(LogPosition(position))
        } else if let time = Timestamp(rfc3339: text) {
            self = .time(time)
        } else {
            throw QueryError(
                .malformed,
                "\"\(text)\" names no moment: give a whole commit or tree id (40 digits), a position in the log, or a time "
                    + "such as 2026-03-01T12:00:00Z")
        }
    }
}

extension Queries {
    /// The events that were known at a moment are those before this position.
    ///
    /// - Throws: `QueryError` (unknownMoment) for an id, and for a position that the log has not reached.
    public func end(of moment: Moment) throws -> LogPosition {
        switch moment {
        case .id(let hash): throw QueryError(.unknownMoment, "\(hash.hex) is an id: give a position or a time here")
        case .position(let position):
            let count = try count
            guard position.rawValue < count else { throw beyond(position, count) }
            return position + 1
        case .time(let time):
            return try log.read { snapshot in
                try snapshot.position(atOrAfter: Timestamp(microseconds: time.microseconds + 1))
            }
        }
    }

    /// The first event that happened at a moment or after it.
    public func start(of moment: Moment) throws -> LogPosition {
        switch moment {
        case .id, .position: try LogPosition(end(of: moment).rawValue - 1)
        case .time(let time): try log.read { snapshot in try snapshot.position(atOrAfter: time) }
        }
    }

    func beyond(_ position: LogPosition, _ count: UInt64) -> QueryError {
        guard seesStore else {
            return QueryError(.unknownPosition, "there is no event at position \(position.rawValue) for this tenant")
        }
        let last = count == 0 ? "it is empty" : "its last position is \(count - 1)"
        return QueryError(.unknownPosition, "the log has no position \(position.rawValue): \(last)")
    }
}
