import GitProtocol
import ProviderKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The index in the cache directory of its source. A cache: a file that is missing, damaged or of another commit is as good
/// as none.
///
/// | bytes | what |
/// |---|---|
/// | 8 | `INGTREE1` |
/// | 4 | number of directories |
/// | each: 20 · 8 · 4 · 4 · n | tree · items · depth · length of the path · path |
/// | 20 | Git's SHA-1 of a blob of all before it |
///
/// Numbers are big-endian.
extension DirectoryIndex {
    private static let magic = Array("INGTREE1".utf8)
    private static let fixedByteCount = ObjectID.byteCount + 16
    /// More is not read: 10 million directories of 100 bytes.
    private static let maximumByteCount = 1 << 30

    private static func path(in directory: String) -> String { directory + "/directories" }

    /// The index of the commit with that tree, if it is there.
    static func load(from directory: String, root: ObjectID) -> DirectoryIndex? {
        guard let bytes = readFile(path(in: directory)), let index = DirectoryIndex(decoding: bytes), index.root == root
        else { return nil }
        return index
    }

    /// Keeps the index. Where it cannot be written, the next reading takes longer, and no more.
    func save(in directory: String) {
        let final = Self.path(in: directory)
        guard makeDirectories(directory), Self.writeFile(final + ".new", encoded()) else { return }
        if rename(final + ".new", final) != 0 { unlink(final + ".new") }
    }

    /// The index as a file.
    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(entries.count * 80)
        bytes.append(bigEndian: UInt32(entries.count))
        for entry in entries {
            entry.tree.withUnsafeBytes { bytes.append(contentsOf: $0) }
            bytes.append(bigEndian: UInt64(entry.extent.items))
            bytes.append(bigEndian: UInt32(entry.extent.depth))
            bytes.append(bigEndian: UInt32(entry.path.count))
            bytes.append(contentsOf: entry.path)
        }
        Self.checksum(bytes).withUnsafeBytes { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads a file; nil where it is not exactly what ``encoded()`` wrote.
    init?(decoding bytes: [UInt8]) {
        let end = bytes.count - ObjectID.byteCount
        guard end >= Self.magic.count + 4, bytes.starts(with: Self.magic) else { return nil }
        guard ObjectID(Array(bytes[end...])) == Self.checksum(Array(bytes[..<end])) else { return nil }
        self.init()
        var position = Self.magic.count
        func number<Word: FixedWidthInteger>(_: Word.Type) -> Word {
            defer { position += MemoryLayout<Word>.size }
            return bytes.withUnsafeBytes { Word(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Word.self)) }
        }
        for _ in 0..<number(UInt32.self) {
            guard end - position >= Self.fixedByteCount, let tree = ObjectID(Array(bytes[position..<position + 20]))
            else { return nil }
            position += ObjectID.byteCount
            let items = Int(truncatingIfNeeded: number(UInt64.self))
            let depth = Int(number(UInt32.self))
            let length = Int(number(UInt32.self))
            guard items >= 0, end - position >= length else { return nil }
            append(Array(bytes[position..<position + length]), tree, TreeExtent(items: items, depth: depth))
            position += length
        }
        guard position == end else { return nil }
    }

    private static func checksum(_ bytes: [UInt8]) -> ObjectID {
        var hasher = ObjectHasher()
        return hasher.hash(.blob, bytes)
    }

    private static func readFile(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size <= maximumByteCount else { return nil }
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            while count < buffer.count {
                let taken = read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                guard taken > 0 else {
                    isWhole = false
                    return
                }
                count += taken
            }
        }
        return isWhole ? bytes : nil
    }

    private static func writeFile(_ path: String, _ bytes: [UInt8]) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        var written = 0
        while written < bytes.count {
            let taken = bytes.withUnsafeBytes { write(file, $0.baseAddress?.advanced(by: written), $0.count - written) }
            guard taken > 0 else { break }
            written += taken
        }
        return close(file) == 0 && written == bytes.count
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
