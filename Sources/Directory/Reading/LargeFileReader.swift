import Events
import GitProtocol

/// Reads and hashes large files in pieces, one file at a time.
final class LargeFileReader {
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: FileContent.pieceByteCount, alignment: 16)
    private var hasher = ObjectHasher()

    deinit { piece.deallocate() }

    /// Git's id of a file's content; nil where its length is not what it was when it was opened.
    ///
    /// - Throws: ``FileUnreadable``.
    func hash(_ file: borrowing FileContent) throws -> SHA1Hash? {
        var count: UInt64 = 0
        hasher.begin(.blob, sizeBytes: file.size)
        try file.forEachPiece(using: piece) { bytes in
            hasher.update(bytes)
            count += UInt64(bytes.count)
        }
        let hash = SHA1Hash(hasher.finish())
        return count == file.size ? hash : nil
    }

    /// - Throws: ``FileUnreadable``, and what `body` throws.
    func forEachPiece(of file: borrowing FileContent, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try file.forEachPiece(using: piece, body)
    }
}

extension SHA1Hash {
    init(_ id: ObjectID) { self = id.withUnsafeBytes { SHA1Hash($0) } }
}

extension ObjectID {
    init(_ hash: SHA1Hash) { self = hash.withUnsafeBytes { ObjectID(bytes: $0) } ?? .zero }
}
