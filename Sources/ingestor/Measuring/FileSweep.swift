import Glibc

/// Reads the regular files below some directories, in no particular order, as far as a limit of bytes.
struct FileSweep {
    private(set) var files = 0
    /// Files and directories that could not be read: an import records them as such.
    private(set) var unreadable = 0
    private(set) var bytes: UInt64 = 0
    /// Whether the limit was reached before the end.
    private(set) var isCut = false
    private let limit: UInt64
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 16)

    /// Files are handed on in pieces of at most this many bytes.
    static let pieceByteCount = 4 << 20

    init(limit: UInt64) { self.limit = limit }

    /// Calls `body` with the pieces of each file, and with whether a piece is the file's only one. To be called once.
    mutating func run(
        _ directories: [[UInt8]], _ body: (_ piece: UnsafeRawBufferPointer, _ isWhole: Bool) throws -> Void
    ) throws {
        defer { buffer.deallocate() }
        var waiting = directories
        while let next = waiting.popLast() {
            guard let names = Self.names(next) else {
                unreadable += 1
                continue
            }
            for name in names where name != Array(".git".utf8) {
                let path = next + [UInt8(ascii: "/")] + name
                var status = stat()
                guard path.withCString({ lstat($0, &status) }) == 0 else {
                    unreadable += 1
                    continue
                }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: waiting.append(path)
                case S_IFREG: try read(path, body)
                // Links are tiny, and pipes and devices are never imported.
                default: continue
                }
                guard bytes < limit else {
                    isCut = true
                    return
                }
            }
        }
    }

    private mutating func read(
        _ path: [UInt8], _ body: (_ piece: UnsafeRawBufferPointer, _ isWhole: Bool) throws -> Void
    ) throws {
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        guard descriptor >= 0 else {
            unreadable += 1
            return
        }
        defer { close(descriptor) }
        files += 1
        var isFirst = true
        while bytes < limit {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                unreadable += 1
                return
            }
            guard count > 0 else { return }
            bytes += UInt64(count)
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]), isFirst && count < buffer.count)
            isFirst = false
        }
    }

    private static func names(_ directory: [UInt8]) -> [[UInt8]]? {
        guard let handle = directory.withCString({ opendir($0) }) else { return nil }
        defer { closedir(handle) }
        var names: [[UInt8]] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names
    }
}
