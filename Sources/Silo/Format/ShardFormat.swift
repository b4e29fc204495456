/// Numbers of the shard format, version 1. The article <doc:ShardFormat> describes the format to the byte.
enum ShardFormat {
    static let version: UInt16 = 1

    /// Most raw bytes of one frame, so that a damaged length never allocates more.
    static let maximumRawByteCount = 64 << 20
    /// Most stored bytes of one frame: a frame never takes more than its raw bytes, and a tag of a cipher may follow.
    static let maximumStoredByteCount = maximumRawByteCount + 4096
    /// Most bytes of one frame's table.
    static let maximumTableByteCount = 4 << 20
    /// Most blobs of one frame; their entries fit the table whatever their sizes are.
    static let maximumBlobCount = maximumTableByteCount / BlobEntry.maximumByteCount
    /// Most frames that a frame is a difference from, one from another. Zstandard's prefix is a whole payload.
    static let maximumChainDepth = 64
    /// Most bytes of one frame, head and payload.
    static let maximumFrameByteCount = FrameHead.fixedByteCount + maximumTableByteCount + maximumStoredByteCount
    /// Most parts of one large blob: its list has to fit a frame.
    static let maximumPartCount = maximumRawByteCount / PartReference.byteCount
}
