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
/// Under a key other than 0 the sealed payload is a nonce (12), the ciphertext and a tag (16) of AES-256-GCM. The tag covers
/// bytes 0–7 and 16–63 and the clear payload too: all but the time, which the writer may move, and the leaf hash.
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

    /// By how much sealing makes a payload longer: a nonce before it, and a tag behind it.
    public static let sealOverheadByteCount = 12 + 16

    static let layout: UInt8 = 1
    /// Where the time stands, for the writer, which never lets it decrease.
    public static let timeOffset = 8
    /// Length of the time in bytes.
    public static let timeByteCount = 8
    /// Where the leaf hash stands.
    public static let leafHashOffset = 64

    /// Reads the header of the record at `position`, without touching its payload.
    ///
    /// - Throws: `DecodingFailure` where the layout is unknown or the lengths do not add up to `record`.
    public init(record: RawSpan, at position: LogPosition) throws(DecodingFailure) {
        guard record.byteCount >= Self.byteCount else {
            throw DecodingFailure("a record has at least \(Self.byteCount) bytes, this one \(record.byteCount)")
        }
        // Every offset below lies within the header. Headers are read by the million, so each is checked once.
        func load<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Word {
            Word(bigEndian: record.unsafeLoadUnaligned(fromByteOffset: offset, as: Word.self))
        }
        let layout: UInt8 = load(0)
        guard layout == Self.layout else { throw DecodingFailure("record layout \(layout) is unknown") }
        guard load(1) as UInt8 == 0 else { throw DecodingFailure("the record has unknown flags") }
        kind = load(2)
        version = load(4)
        guard load(6) as UInt16 == 0 else { throw DecodingFailure("bytes 6–7 of the record are not 0") }
        time = Timestamp(microseconds: load(Self.timeOffset))
        tenant = TenantID(load(16))
        domain = Domain(rawValue: load(20))
        key = KeyID(rawValue: load(24))
        guard load(28) as UInt32 == 0 else { throw DecodingFailure("bytes 28–31 of the record are not 0") }
        clearByteCount = Int(load(32) as UInt32)
        sealedByteCount = Int(load(36) as UInt32)
        repository = try Reference.resolve(load(40), at: position).map { RepositoryID($0) }
        correlation = try Reference.resolve(load(48), at: position) ?? position
        causation = try Reference.resolve(load(56), at: position)
        leafHash = record.extracting(Self.leafHashOffset..<Self.byteCount).withUnsafeBytes { SHA256Hash($0) }
        let payloadByteCount = record.byteCount - Self.byteCount
        guard payloadByteCount == clearByteCount + sealedByteCount else {
            throw DecodingFailure(
                "the record's payloads have \(payloadByteCount) bytes, its header says \(clearByteCount + sealedByteCount)"
            )
        }
    }
}
