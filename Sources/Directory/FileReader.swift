import Events
import GitProtocol

/// Reads and hashes files with buffers of its own, one file at a time.
final class FileReader {
    private let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: FileContent.wholeByteCount + 1, alignment: 16)
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: FileContent.pieceByteCount, alignment: 16)
    private var hasher = ObjectHasher()

    deinit {
        whole.deallocate()
        piece.deallocate()
    }

    /// Git's id of content in memory.
    func hash(_ content: [UInt8]) -> SHA1Hash { SHA1Hash(hasher.hash(.blob, content)) }

    /// Git's id of a file's content; nil where the file cannot be read, or changed meanwhile.
    func hash(_ path: [CChar]) -> SHA1Hash? {
        guard let file = FileContent(path) else { return nil }
        do {
            return try hash(file)
        } catch {
            return nil
        }
    }

    /// Git's id of a file's content, read in pieces; nil where its length is not what it was when it was opened.
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

    /// A small file's content, valid until the next call, and Git's id of it; nil where it grew beyond what is small.
    ///
    /// - Throws: ``FileUnreadable``.
    func readWhole(_ file: borrowing FileContent) throws -> (hash: SHA1Hash, bytes: UnsafeRawBufferPointer)? {
        let count = try file.read(into: whole)
        guard count <= FileContent.wholeByteCount else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: whole[..<count])
        return (SHA1Hash(hasher.hash(.blob, bytes)), bytes)
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
