public import Events

/// Why a repository is not read, and since when.
public struct Suspension: Sendable, Equatable {
    public var reason: SuspensionReason
    public var since: Timestamp
    public var note: String

    public init(reason: SuspensionReason, since: Timestamp, note: String) {
        self.reason = reason
        self.since = since
        self.note = note
    }

    /// Whether asking the source now and then may show that it is over.
    public var isWorthAsking: Bool { reason != .deleted && reason != .overLimit }

    func encode(open: inout [UInt8], sealed: inout [UInt8]) {
        open.put(reason.rawValue)
        open.put(since)
        sealed.put(text: note)
    }

    init(open: inout ByteReader, sealed: inout ByteReader) throws(DecodingFailure) {
        reason = try open.known("reason for a suspension")
        since = try open.timestamp()
        note = try sealed.text()
    }
}
