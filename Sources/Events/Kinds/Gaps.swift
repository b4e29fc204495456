import FoundationEssentials
import SwiftProtobuf

/// How it became known that something was missed.
public enum GapReason: UInt32, Sendable, CaseIterable {
    /// A push begins elsewhere than where the one before it ended.
    case missedPush = 1
    /// A poll saw a move that no webhook told.
    case missedWebhook = 2
    /// The provider says that it reported something that never came.
    case missedDelivery = 3

    public var name: String { String(describing: self) }
}

/// Something of a source was missed. Open until a `GapClosed` names its position.
public struct GapDetected: Sendable, Equatable {
    public var reason: GapReason
    /// The full name of the ref; empty where that is not known.
    public var ref: [UInt8]
    /// What the ref should have been at, as far as it was known, and what it was at.
    public var expected: SHA1Hash?
    public var found: SHA1Hash?
    /// For `missedDelivery`: which.
    public var delivery: String

    public init(
        reason: GapReason, ref: [UInt8] = [], expected: SHA1Hash? = nil, found: SHA1Hash? = nil, delivery: String = ""
    ) {
        self.reason = reason
        self.ref = ref
        self.expected = expected
        self.found = found
        self.delivery = delivery
    }
}

/// What was missed is here.
public struct GapClosed: Sendable, Equatable {
    /// Where its `GapDetected` stands.
    public var gap: LogPosition
    /// The commit that brought it.
    public var commit: SHA1Hash?

    public init(gap: LogPosition, commit: SHA1Hash? = nil) {
        self.gap = gap
        self.commit = commit
    }
}

extension GapDetected: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireGapDetected.self, clear)
        self.init(
            reason: try Wire.known(open.reason, "reason for a gap"),
            ref: try Wire.decode(WireGapDetectedSealed.self, sealed).ref.array,
            expected: try Wire.optionalSHA1(open.expected), found: try Wire.optionalSHA1(open.found),
            delivery: open.delivery)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireGapDetected.with {
            $0.reason = reason.rawValue
            $0.expected = Wire.data(expected)
            $0.found = Wire.data(found)
            $0.delivery = delivery
        }
        return (Wire.encode(open), Wire.encode(WireGapDetectedSealed.with { $0.ref = Data(ref) }))
    }

    var json: [(String, JSONValue)] {
        var fields: [(String, JSONValue)] = [("reason", .string(reason.name))]
        if !ref.isEmpty { fields += JSONValue.fields("ref", bytes: ref) }
        if !delivery.isEmpty { fields.append(("delivery", .string(delivery))) }
        return fields + [("expected", .hash(expected)), ("found", .hash(found))]
    }
}

extension GapClosed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireGapClosed.self, clear)
        self.init(gap: LogPosition(open.gap), commit: try Wire.optionalSHA1(open.commit))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireGapClosed.with {
            $0.gap = gap.rawValue
            $0.commit = Wire.data(commit)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("gap", .position(gap)), ("commit", .hash(commit))] }
}
