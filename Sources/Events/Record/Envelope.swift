/// An event as the log has it: what happened, with where, when, whose and why.
public struct Envelope: Sendable, Equatable {
    public let position: LogPosition
    public let header: RecordHeader
    public let event: Event

    public init(position: LogPosition, header: RecordHeader, event: Event) {
        self.position = position
        self.header = header
        self.event = event
    }

    /// Decodes the record at `position`, upcasting payloads of earlier versions.
    ///
    /// - Throws: `DecodingFailure` for an unknown layout, kind or version, and for a malformed payload.
    public init(record: RawSpan, at position: LogPosition) throws(DecodingFailure) {
        let header = try RecordHeader(record: record, at: position)
        let clearEnd = RecordHeader.byteCount + header.clearByteCount
        let event = try Event(
            kind: header.kind, version: header.version,
            clear: record.extracting(RecordHeader.byteCount..<clearEnd),
            sealed: record.extracting(clearEnd..<clearEnd + header.sealedByteCount))
        self.init(position: position, header: header, event: event)
    }
}
