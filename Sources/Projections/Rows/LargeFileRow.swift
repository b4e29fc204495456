public import Events

/// The content that a pointer stands for. Its key is the domain (4) and Git's id of the pointer (20).
public struct LargeFileRow: Sendable, Equatable {
    public var domain: Domain
    public var pointer: SHA1Hash
    /// Git's id of the content.
    public var hash: SHA1Hash
    public var contentHash: SHA256Hash
    /// Bytes.
    public var size: UInt64
    /// The event that said so first.
    public var position: LogPosition

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        _ = try keyReader.domain()
        pointer = try keyReader.sha1()
        var reader = ByteReader(row)
        domain = try reader.domain()
        hash = try reader.sha1()
        contentHash = try reader.sha256()
        size = try reader.uint64()
        position = try reader.position()
        try reader.end()
    }
}
