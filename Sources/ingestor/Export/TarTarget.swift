import Events
import Glibc

/// Writes a tree as a tar archive: ustar (POSIX.1-1988), with pax records (POSIX.1-2001) for what does not fit its fields.
///
/// | offset | size | field of the header |
/// |---|---|---|
/// | 0 | 100 | name |
/// | 100 | 8 | mode, octal |
/// | 108, 116 | 8 | owner, group: 0 |
/// | 124 | 12 | size, octal |
/// | 136 | 12 | time, octal |
/// | 148 | 8 | sum of the header's bytes, with spaces here |
/// | 156 | 1 | type: 0 file, 2 link, 5 directory, x pax records for the next entry |
/// | 157 | 100 | where a link points to |
/// | 257 | 8 | `ustar\0` `00` |
/// | 265, 297 | 32 | `root` |
/// | 345 | 155 | what stands before the name |
struct TarTarget: ExportTarget, ~Copyable {
    private let file: FileDescriptor
    private let path: String
    private let temporary: String
    private let time: UInt64
    private var byteCount = 0
    private var buffer: [UInt8] = []
    private var madeDirectories: Set<[UInt8]> = []

    private static let blockByteCount = 512
    /// Archives end at a multiple of this, as those of `git archive` do.
    private static let recordByteCount = 10_240
    private static let bufferByteCount = 1 << 20
    private static let maximumOctalSize: UInt64 = 0o77777777777

    /// - Parameter time: of all entries, seconds since 1970.
    /// - Throws: ``CommandError`` where the file is there already.
    init(_ path: String, time: Int64) throws {
        self.path = path
        self.time = UInt64(max(0, time))
        temporary = path + ".part"
        guard try FileSystem.kind(path) == .missing else {
            throw CommandError("\(path) is there already: choose another name, or remove it")
        }
        file = try FileDescriptor(open: temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o666)
    }

    mutating func file(
        _ path: ExportPath, isExecutable: Bool, size: UInt64,
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try directories(above: path)
        try header(path.bytes, type: "0", mode: isExecutable ? 0o775 : 0o664, size: size)
        var written: UInt64 = 0
        // The closure must not capture `self`, which is being changed.
        var pieces = buffer
        buffer = []
        var total = byteCount
        let descriptor = file.rawValue
        let name = temporary
        try produce { piece in
            written += UInt64(piece.count)
            pieces += piece
            if pieces.count >= Self.bufferByteCount {
                total += pieces.count
                try Self.write(pieces, descriptor, name)
                pieces.removeAll(keepingCapacity: true)
            }
        }
        buffer = pieces
        byteCount = total
        guard written == size else {
            throw CommandError("\(Printable.text(path.bytes)) has \(written) bytes, not \(size)")
        }
        pad(to: Self.blockByteCount)
        try drain(ifOver: Self.bufferByteCount)
    }

    mutating func symlink(_ path: ExportPath, to target: [UInt8]) throws {
        try directories(above: path)
        try header(path.bytes, type: "2", mode: 0o777, size: 0, link: target)
    }

    mutating func directory(_ path: ExportPath) throws {
        try directories(above: path)
        try directory(path.bytes)
    }

    mutating func finish() throws {
        buffer += repeatElement(0, count: 2 * Self.blockByteCount)
        pad(to: Self.recordByteCount)
        try drain(ifOver: 0)
        guard rename(temporary, path) == 0 else { throw SystemError("rename", path) }
    }

    private mutating func directories(above path: ExportPath) throws {
        var prefix: [UInt8] = []
        for name in path.names.dropLast() {
            prefix += prefix.isEmpty ? name : [UInt8(ascii: "/")] + name
            try directory(prefix)
        }
    }

    private mutating func directory(_ path: [UInt8]) throws {
        guard madeDirectories.insert(path).inserted else { return }
        try header(path + [UInt8(ascii: "/")], type: "5", mode: 0o775, size: 0)
    }

    private mutating func header(
        _ path: [UInt8], type: Unicode.Scalar, mode: UInt64, size: UInt64, link: [UInt8] = []
    ) throws {
        var records: [UInt8] = []
        let parts = Self.split(path)
        if parts == nil { records += Self.record("path", path) }
        if link.count > 100 { records += Self.record("linkpath", link) }
        if size > Self.maximumOctalSize { records += Self.record("size", Array(String(size).utf8)) }
        if !records.isEmpty {
            append(Array("pax.header".utf8), [], type: "x", mode: 0o664, size: UInt64(records.count), link: [])
            buffer += records
            pad(to: Self.blockByteCount)
        }
        append(
            parts?.name ?? Array(path.prefix(100)), parts?.prefix ?? [], type: type, mode: mode,
            size: min(size, Self.maximumOctalSize), link: Array(link.prefix(100)))
        try drain(ifOver: Self.bufferByteCount)
    }

    /// Name and what stands before it, if there is a slash at a place where both fit.
    private static func split(_ path: [UInt8]) -> (name: [UInt8], prefix: [UInt8])? {
        if path.count <= 100 { return (path, []) }
        let slashes = path.indices.dropLast().filter { path[$0] == UInt8(ascii: "/") }
        guard let slash = slashes.last(where: { $0 <= 155 }), path.count - slash - 1 <= 100 else { return nil }
        return (Array(path[(slash + 1)...]), Array(path[..<slash]))
    }

    /// `length key=value\n`, where the length counts itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = key.utf8.count + value.count + 3
        var length = rest + String(rest).utf8.count
        if String(length).utf8.count > String(rest).utf8.count { length += 1 }
        return Array("\(length) \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    }

    private mutating func append(
        _ name: [UInt8], _ prefix: [UInt8], type: Unicode.Scalar, mode: UInt64, size: UInt64, link: [UInt8]
    ) {
        var block = [UInt8](repeating: 0, count: Self.blockByteCount)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        func octal(_ value: UInt64, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits).utf8)
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(time, 11), at: 136)
        put(repeatElement(UInt8(ascii: " "), count: 8), at: 148)
        block[156] = UInt8(ascii: type)
        put(link, at: 157)
        put(Array("ustar\u{0}00root".utf8), at: 257)
        put(Array("root".utf8), at: 297)
        put(prefix, at: 345)
        put(octal(block.reduce(0) { $0 + UInt64($1) }, 6) + [0], at: 148)
        buffer += block
    }

    private mutating func pad(to multiple: Int) {
        let over = (byteCount + buffer.count) % multiple
        if over > 0 { buffer += repeatElement(0, count: multiple - over) }
    }

    private mutating func drain(ifOver limit: Int) throws {
        guard buffer.count > limit else { return }
        byteCount += buffer.count
        try Self.write(buffer, file.rawValue, temporary)
        buffer.removeAll(keepingCapacity: true)
    }

    private static func write(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno != EINTR { throw SystemError("write", path) }
            written += max(0, count)
        }
    }
}
