public import EventLog
public import Events
import Projections
import State

/// Digests that were recorded in the log while the state was folded.
public struct LoggedDigest: Sendable, Equatable {
    /// Where they stand in the log.
    public let position: LogPosition
    public let digest: StateDigest
}

/// How a replay compares with digests that were recorded.
public struct DigestCheck: Sendable, Equatable {
    /// Where they stand.
    public let position: LogPosition
    /// Of how many events they are.
    public let count: UInt64
    /// Projections that come to something else now. Those whose version has changed since are not compared.
    public let differing: [String]
}

extension Replay {
    /// The digests in the log of at most `count` events, by their counts; of very many the last ones.
    public static func loggedDigests(in log: EventLog, upTo count: UInt64) throws -> [LoggedDigest] {
        var found: [LoggedDigest] = []
        try log.read { snapshot in
            try snapshot.forEach { position, record in
                // The kind is the first field of the header; nothing else is decoded.
                guard record.byteCount >= RecordHeader.byteCount,
                    try RecordHeader(record: record, at: position).kind == EventKind.stateDigest.rawValue,
                    case .stateDigest(let digest) = try Envelope(record: record, at: position).event,
                    digest.count <= count
                else { return }
                found.append(LoggedDigest(position: position, digest: digest))
            }
        }
        // One of other versions says nothing, and one that claims to be of events after it is none of ours.
        found = found.filter {
            $0.digest.count <= $0.position.rawValue && $0.digest.parts.contains(where: isComparable)
        }
        found.sort { $0.digest.count < $1.digest.count }
        return found.suffix(StateBuilder.maximumMarks)
    }

    private static func isComparable(_ part: StateDigest.Part) -> Bool {
        AllProjections.list.contains { $0.name == part.projection && $0.version == part.version }
    }

    static func check(_ logged: LoggedDigest, _ entries: [DigestEntry]) -> DigestCheck {
        let now = Dictionary(entries.parts.map { ($0.projection, $0) }, uniquingKeysWith: { first, _ in first })
        let differing = logged.digest.parts.filter { part in
            guard let present = now[part.projection], present.version == part.version else { return false }
            return present.digest != part.digest
        }
        return DigestCheck(
            position: logged.position, count: logged.digest.count, differing: differing.map(\.projection))
    }
}
