import FoundationEssentials
import SwiftProtobuf

/// The content that a pointer in its place stands for (Git LFS) is durable.
public struct LargeFileStored: Sendable, Equatable {
    /// Git's id of the pointer, which is what the item names.
    public var pointer: SHA1Hash
    /// Git's id of the content.
    public var hash: SHA1Hash
    /// SHA-256 of the content, as the pointer tells it.
    public var contentHash: SHA256Hash
    /// Bytes of the content.
    public var size: UInt64

    public init(pointer: SHA1Hash, hash: SHA1Hash, contentHash: SHA256Hash, size: UInt64) {
        self.pointer = pointer
        self.hash = hash
        self.contentHash = contentHash
        self.size = size
    }
}

extension LargeFileStored: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireLargeFileStored.self, clear)
        self.init(
            pointer: try Wire.sha1(open.pointer), hash: try Wire.sha1(open.hash),
            contentHash: try Wire.sha256(open.contentHash), size: open.size)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireLargeFileStored.with {
            $0.pointer = Wire.data(pointer)
            $0.hash = Wire.data(hash)
            $0.contentHash = Data(contentHash.bytes)
            $0.size = size
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("pointer", .hash(pointer)), ("sha", .hash(hash)), ("sha256", .hash(contentHash)), ("size", .uint(size)),
        ]
    }
}
