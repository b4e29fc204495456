import Events

/// One entry of a frame's table: which blob stands there.
///
/// | size | field |
/// |---|---|
/// | 20 | SHA-1 of `blob <size>\0` and the content: Git's id |
/// | 32 | SHA-256 of the content |
/// | 1–10 | size in bytes, LEB128 |
struct BlobEntry: Sendable, Equatable {
    var sha1: SHA1Hash
    var sha256: SHA256Hash
    /// Bytes of the content.
    var byteCount: Int

    static let maximumByteCount = SHA1Hash.byteCount + SHA256Hash.byteCount + 10

    init(sha1: SHA1Hash, sha256: SHA256Hash, byteCount: Int) {
        self.sha1 = sha1
        self.sha256 = sha256
        self.byteCount = byteCount
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(sha1)
        bytes.append(sha256)
        bytes.append(varint: byteCount)
    }

    init(_ reader: inout ByteReader) throws(DecodingFailure) {
        sha1 = try reader.sha1()
        sha256 = try reader.sha256()
        byteCount = try reader.count(atMost: Int.max)
    }
}
