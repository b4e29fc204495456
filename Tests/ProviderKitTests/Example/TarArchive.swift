import Events
import Foundation
import GitProtocol
import ProviderKit

/// What stands in a tar archive (POSIX.1-1988, ustar), without its contents: those are read when they are asked for.
struct TarArchive {
    struct Entry {
        var path: [UInt8]
        var mode: UInt32
        var size: UInt64
        /// Where the content begins in the file.
        var offset: UInt64
    }

    /// In the order of their paths' bytes; of two with one path the later one, as tar itself has it.
    let entries: [Entry]
    /// Length of the archive.
    let byteCount: UInt64
    private let path: String

    private static let blockByteCount = 512
    /// A content is read in pieces of so many bytes, so that memory does not grow with it.
    private static let pieceByteCount = 1 << 20

    init(path: String, limits: SourceLimits) throws {
        self.path = path
        let file = try Self.open(path)
        defer { fclose(file) }
        var found: [[UInt8]: Entry] = [:]
        var offset: UInt64 = 0
        while let header = try Self.read(file, at: offset, count: Self.blockByteCount),
            header.contains(where: { $0 != 0 })
        {
            let size = try Self.number(header[124..<136])
            offset += UInt64(Self.blockByteCount)
            // Directories follow from the files in them; what else there may be is no file.
            if header[156] == 0 || header[156] == UInt8(ascii: "0") {
                let path =
                    Self.text(header[345..<500]) + (header[345] == 0 ? [] : [UInt8(ascii: "/")])
                    + Self.text(header[0..<100])
                let isExecutable = try Self.number(header[100..<108]) & 0o100 != 0
                found[path] = Entry(
                    path: path, mode: isExecutable ? GitMode.executable : GitMode.file, size: size, offset: offset)
            }
            guard found.count <= limits.maximumItemCount else {
                throw ProviderError.permanent(.limitExceeded, "\(path) has more than \(limits.maximumItemCount) files")
            }
            offset += (size + 511) / 512 * 512
        }
        entries = found.values.sorted { $0.path.lexicographicallyPrecedes($1.path) }
        byteCount = offset
    }

    /// Git's id of the content.
    func hash(of entry: Entry) throws -> SHA1Hash {
        var hasher = ObjectHasher()
        hasher.begin(.blob, sizeBytes: entry.size)
        try forEachPiece(of: entry) { hasher.update($0) }
        return SHA1Hash(hasher.finish())
    }

    func forEachPiece(of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try Self.open(path)
        defer { fclose(file) }
        var done: UInt64 = 0
        while done < entry.size {
            let count = Int(min(UInt64(Self.pieceByteCount), entry.size - done))
            guard let piece = try Self.read(file, at: entry.offset + done, count: count) else { throw damaged(path) }
            try piece.withUnsafeBytes(body)
            done += UInt64(count)
        }
    }

    private static func open(_ path: String) throws -> UnsafeMutablePointer<FILE> {
        guard let file = fopen(path, "r") else {
            throw ProviderError.permanent(.notFound, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        return file
    }

    /// Nil at the end of the file.
    private static func read(_ file: UnsafeMutablePointer<FILE>, at offset: UInt64, count: Int) throws -> [UInt8]? {
        guard fseeko(file, off_t(offset), SEEK_SET) == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return fread(&bytes, 1, count, file) == count ? bytes : nil
    }

    /// Octal digits, and what fills the field.
    private static func number(_ field: ArraySlice<UInt8>) throws -> UInt64 {
        let digits = field.filter { (48...55).contains($0) }
        guard digits.count <= 12 else {
            throw ProviderError.permanent(.malformed, "a header of the archive is damaged")
        }
        return digits.reduce(0) { $0 << 3 | UInt64($1 - 48) }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    private func damaged(_ path: String) -> ProviderError {
        .permanent(.malformed, "the archive \(path) ends too early: it is damaged, or still being written")
    }
}

// The same bytes to both modules: neither knows the other.
extension SHA1Hash {
    init(_ id: ObjectID) { self = id.withUnsafeBytes { SHA1Hash($0) } }
}

extension ObjectID {
    init(_ hash: SHA1Hash) { self = hash.withUnsafeBytes { ObjectID(bytes: $0) } ?? .zero }
}
