/// The fixed part of every record of the log. Integers are big-endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 1 | layout of the record: 1 |
/// | 1 | 1 | flags: 0 |
/// | 2 | 2 | kind |
/// | 4 | 2 | version of the kind's payload |
/// | 6 | 2 | 0 |
/// | 8 | 8 | time, microseconds since 1970 (two's complement) |
/// | 16 | 4 | tenant; 0: none |
/// | 20 | 4 | domain; 0: public, 2^32 − 1: webhooks, else the tenant |
/// | 24 | 4 | key of the sealed part; 0: it stands in clear |
/// | 28 | 4 | 0 |
/// | 32 | 4 | length of the clear payload |
/// | 36 | 4 | length of the sealed payload |
/// | 40 | 8 | repository (a ``Reference``) |
/// | 48 | 8 | correlation: where the story began (a ``Reference``) |
/// | 56 | 8 | causation: the event before it in the story (a ``Reference``) |
/// | 64 | 32 | leaf hash: SHA-256(0x00 ‖ bytes 0–63 ‖ clear payload ‖ sealed payload) |
/// | 96 | … | clear payload, sealed payload |
///
/// The leaf hash is that of RFC 6962, section 2.1. The position is the key of the record, and so stands not in it.
public struct RecordHeader: Sendable, Equatable {
    public var kind: EventKind.RawValue
    public var version: UInt16
    public var time: Timestamp
    public var tenant: TenantID
    public var domain: Domain
    public var key: KeyID
    public var clearByteCount: Int
    public var sealedByteCount: Int
    public var repository: RepositoryID?
    public var correlation: LogPosition
    public var causation: LogPosition?
    public var leafHash: SHA256Hash

    /// Bytes before the payload.
    public static let byteCount = 96
    /// What the leaf hash covers of the header.
    public static let hashedByteCount = 64
    /// Limit of each of the two payloads in bytes, so that a damaged length never allocates more.
    public static let maximumPayloadByteCount = 32 << 20

    static let layout: UInt8 = 1
    /// Where the time stands, for the writer, which never lets it decrease.
    public static let timeOffset = 8
    /// Where the leaf hash stands.
    public static let leafHashOffset = 64

    /// Reads the header of the record at `position`, without touching its payload.
    ///
    /// - Throws: `DecodingFailure` where the layout is unknown or the lengths do not add up to `record`.
    public init(record: RawSpan, at position: LogPosition) throws(DecodingFailure) {
        var reader = ByteReader(record)
        let layout = try reader.byte()
        guard layout == Self.layout else { throw DecodingFailure("record layout \(layout) is unknown") }
        guard try reader.byte() == 0 else { throw DecodingFailure("the record has unknown flags") }
        kind = try reader.uint16()
        version = try reader.uint16()
        guard try reader.uint16() == 0 else { throw DecodingFailure("bytes 6–7 of the record are not 0") }
        time = try reader.timestamp()
        tenant = TenantID(try reader.uint32())
        domain = Domain(rawValue: try reader.uint32())
        key = KeyID(rawValue: try reader.uint32())
        guard try reader.uint32() == 0 else { throw DecodingFailure("bytes 28–31 of the record are not 0") }
        clearByteCount = Int(try reader.uint32())
        sealedByteCount = Int(try reader.uint32())
        repository = try Reference.resolve(try reader.uint64(), at: position).map { RepositoryID($0) }
        correlation = try Reference.resolve(try reader.uint64(), at: position) ?? position
        causation = try Reference.resolve(try reader.uint64(), at: position)
        leafHash = try reader.sha256()
        guard reader.remaining == clearByteCount + sealedByteCount else {
            throw DecodingFailure(
                "the record's payloads have \(reader.remaining) bytes, its header says \(clearByteCount + sealedByteCount)"
            )
        }
    }
}
