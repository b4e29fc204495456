/// An event as the log has it: what happened, with where, when, whose and why.
public struct Envelope: Sendable, Equatable {
    public let position: LogPosition
    public let header: RecordHeader
    /// What happened. Where ``sealing`` is not `open`, what is sealed of it is empty.
    public let event: Event
    /// Whether all of the event is known.
    public let sealing: SealState

    public init(position: LogPosition, header: RecordHeader, event: Event, sealing: SealState = .open) {
        self.position = position
        self.header = header
        self.event = event
        self.sealing = sealing
    }

    /// Decodes the record at `position`, upcasting payloads of earlier versions.
    ///
    /// - Parameter keys: open what is sealed; nil: it stays closed.
    /// - Throws: `DecodingFailure` for an unknown layout, kind or version, and for a malformed or changed payload. A key that is
    ///   not there is no failure: see ``sealing``.
    public init(
        record: RawSpan, at position: LogPosition, keys: (any RecordKeys)? = nil
    ) throws(DecodingFailure) {
        try self.init(record: record, at: position, keys: keys, upcasters: .current)
    }

    /// The same, with other versions of kinds than this program's.
    init(
        record: RawSpan, at position: LogPosition, keys: (any RecordKeys)?, upcasters: Upcasters
    ) throws(DecodingFailure) {
        let header = try RecordHeader(record: record, at: position)
        let clearEnd = RecordHeader.byteCount + header.clearByteCount
        let clear = record.extracting(RecordHeader.byteCount..<clearEnd)
        let sealed = record.extracting(clearEnd..<clearEnd + header.sealedByteCount)
        guard header.key != .none, header.sealedByteCount > 0 else {
            let event = try Event(
                kind: header.kind, version: header.version, clear: clear, sealed: sealed, upcasters: upcasters)
            if case .itemsChanged(let changes) = event, sealed.byteCount == 0, !changes.items.isEmpty {
                throw DecodingFailure("items have no paths, and nothing is sealed")
            }
            self.init(position: position, header: header, event: event)
            return
        }
        let state: SealState
        switch try keys?.open(record, header) {
        case .opened(let plaintext):
            let event = try Event(
                kind: header.kind, version: header.version, clear: clear, sealed: plaintext.span.bytes,
                upcasters: upcasters)
            self.init(position: position, header: header, event: event)
            return
        case .erased: state = .erased
        case .keyMissing: state = .keyMissing
        case nil: state = .closed
        }
        let event = try Event(
            kind: header.kind, version: header.version, clear: clear, sealed: sealed.extracting(0..<0),
            upcasters: upcasters)
        self.init(position: position, header: header, event: event, sealing: state)
    }
}
