/// How a record points at another one, or at itself, before anybody knows the position at which it will stand.
///
/// A record is encoded and hashed by its caller, while the writer is busy with the batch before it. So that its bytes do
/// not depend on where it ends up, a reference to an event of the same batch counts backwards.
///
/// | stored value | meaning |
/// |---|---|
/// | below 2^64 − 65,536 | that position |
/// | 2^64 − 2 − n | the event n places before this one; n = 0 is this one |
/// | 2^64 − 1 | none |
public enum Reference: Sendable, Hashable {
    case none
    /// The event at this position.
    case position(LogPosition)
    /// The event this many places before the one that refers; 0 is itself. At most `maximumDistance`.
    case back(Int)

    /// The event itself: where a story begins, or the repository that it adds.
    public static let itself = Reference.back(0)

    /// How far back a reference within a batch may reach, in events. It bounds a batch too.
    public static let maximumDistance = 65_533

    static let noneValue = UInt64.max
    private static let selfValue = UInt64.max - 1

    var storedValue: UInt64 {
        switch self {
        case .none:
            return Self.noneValue
        case .position(let position):
            return position.rawValue
        case .back(let distance):
            precondition((0...Self.maximumDistance).contains(distance), "a reference reaches back too far")
            return Self.selfValue - UInt64(distance)
        }
    }

    /// The position that a stored value means in the record at `position`; nil for none.
    static func resolve(_ stored: UInt64, at position: LogPosition) throws(DecodingFailure) -> LogPosition? {
        if stored == noneValue { return nil }
        guard stored > selfValue - UInt64(maximumDistance) - 1 else { return LogPosition(stored) }
        let distance = selfValue - stored
        guard distance <= position.rawValue else {
            throw DecodingFailure("event \(position.rawValue) refers to an event \(distance) places before it")
        }
        return LogPosition(position.rawValue - distance)
    }
}
