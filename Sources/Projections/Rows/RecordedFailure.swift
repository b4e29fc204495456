public import Events

/// A failure with where and when the log has it.
public struct RecordedFailure: Sendable, Equatable {
    public var failure: Failure
    public var at: Timestamp
    public var position: LogPosition

    public init(failure: Failure, at: Timestamp, position: LogPosition) {
        self.failure = failure
        self.at = at
        self.position = position
    }

    func encode(open: inout [UInt8], sealed: inout [UInt8]) {
        open.put(failure.errorClass.rawValue)
        open.put(text: failure.code)
        open.put(optional: failure.retryAt)
        open.put(text: failure.quota)
        open.put(at)
        open.put(position)
        sealed.put(text: failure.message)
    }

    init(open: inout ByteReader, sealed: inout ByteReader) throws(DecodingFailure) {
        let number = try open.uint32()
        guard let errorClass = ErrorClass(rawValue: number) else {
            throw DecodingFailure("error class \(number) is unknown")
        }
        failure = Failure(errorClass, code: try open.text(), message: "", retryAt: try open.optionalTime())
        failure.quota = try open.text()
        at = try open.timestamp()
        position = try open.position()
        failure.message = try sealed.text()
    }

    static func encode(optional value: RecordedFailure?, open: inout [UInt8], sealed: inout [UInt8]) {
        guard let value else { return open.append(0) }
        open.append(1)
        value.encode(open: &open, sealed: &sealed)
    }

    static func decodeOptional(
        open: inout ByteReader, sealed: inout ByteReader
    ) throws(DecodingFailure) -> RecordedFailure? {
        try open.flag() ? try RecordedFailure(open: &open, sealed: &sealed) : nil
    }
}
