import Glibc

/// A call of the operating system that failed, with what it was about.
struct SystemError: Error, Sendable, CustomStringConvertible {
    let call: String
    let path: String
    let code: Int32

    init(_ call: String, _ path: String, code: Int32 = errno) {
        self.call = call
        self.path = path
        self.code = code
    }

    var description: String {
        let reason = String(cString: strerror(code))
        let advice =
            switch code {
            case EACCES, EPERM: ": check who owns it and its permissions"
            case ENOSPC, EDQUOT: ": make room on that disk and run the command again"
            case EROFS: ": it lies on a read-only file system"
            default: ""
            }
        return "\(path): \(call) failed: \(reason)\(advice)"
    }
}

/// A descriptor that is closed when it is let go of.
struct FileDescriptor: ~Copyable {
    let rawValue: Int32

    init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// `open(2)`, always with O_CLOEXEC; repeated where a signal came between.
    init(open path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) {
        rawValue = try Self.check("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) }
    }

    /// `openat(2)` for one name under a directory.
    init(at directory: borrowing FileDescriptor, _ name: [UInt8], _ flags: Int32, mode: mode_t = 0o600)
        throws(SystemError)
    {
        let parent = directory.rawValue
        rawValue = try name.withCString { pointer throws(SystemError) in
            try Self.check("open", String(decoding: name, as: UTF8.self)) {
                openat(parent, pointer, flags | O_CLOEXEC, mode)
            }
        }
    }

    deinit { Glibc.close(rawValue) }

    /// Writes all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer, path: String) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try Self.check("write", path) {
                Int32(
                    Glibc.write(rawValue, bytes.baseAddress.map { $0 + written }, min(bytes.count - written, 1 << 30)))
            }.asInt
        }
    }

    func synchronize(path: String) throws(SystemError) { _ = try Self.check("fsync", path) { fsync(rawValue) } }

    static func check(_ call: String, _ path: String, _ body: () -> Int32) throws(SystemError) -> Int32 {
        while true {
            let result = body()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemError(call, path) }
        }
    }
}

extension Int32 {
    var asInt: Int { Int(self) }
}

extension [UInt8] {
    /// The bytes with a zero after them. They must not contain one.
    func withCString<R, E: Error>(_ body: (UnsafePointer<CChar>) throws(E) -> R) throws(E) -> R {
        var terminated = map { CChar(bitPattern: $0) }
        terminated.append(0)
        let result = terminated.withUnsafeBufferPointer { buffer -> Result<R, E> in
            guard let base = buffer.baseAddress else {
                preconditionFailure("an array that was appended to has storage")
            }
            do throws(E) { return .success(try body(base)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// Files and directories by name.
enum FileSystem {
    enum Kind { case missing, directory, file, other }

    static func kind(_ path: String) throws(SystemError) -> Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return .missing }
            throw SystemError("lstat", path)
        }
        return switch status.st_mode & S_IFMT {
        case S_IFDIR: .directory
        case S_IFREG: .file
        default: .other
        }
    }

    /// Makes a directory with its parents; one that is there is left as it is.
    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let parent = parent(of: path) else { throw SystemError("mkdir", path) }
        try makeDirectory(parent, mode: 0o777)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("mkdir", path) }
    }

    /// What stands before the last slash; nil where there is nothing left to make.
    private static func parent(of path: String) -> String? {
        var rest = Substring(path)
        while rest.count > 1, rest.hasSuffix("/") { rest.removeLast() }
        guard let slash = rest.lastIndex(of: "/"), slash > rest.startIndex else { return nil }
        return String(rest[..<slash])
    }

    /// The whole file, up to a limit.
    static func read(_ path: String, limit: Int = 1 << 20) throws -> [UInt8] {
        let file = try FileDescriptor(open: path, O_RDONLY)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = try FileDescriptor.check("read", path) {
                piece.withUnsafeMutableBytes { Int32(Glibc.read(file.rawValue, $0.baseAddress, $0.count)) }
            }
            if count == 0 { return bytes }
            bytes += piece[..<count.asInt]
            guard bytes.count <= limit else { throw CommandError("\(path) is larger than \(limit) bytes") }
        }
    }

    /// Writes a file so that it is there whole or not at all, also after a loss of power.
    static func writeDurably(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(SystemError) {
        let temporary = path + ".new"
        do {
            let file = try FileDescriptor(open: temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            let result = bytes.withUnsafeBytes { buffer -> Result<Void, SystemError> in
                do throws(SystemError) { return .success(try file.write(buffer, path: temporary)) } catch {
                    return .failure(error)
                }
            }
            try result.get()
            try file.synchronize(path: temporary)
        }
        try renameDurably(temporary, to: path)
    }

    /// Gives a file another name in its directory, also after a loss of power.
    static func renameDurably(_ source: String, to path: String) throws(SystemError) {
        guard rename(source, path) == 0 else { throw SystemError("rename", path) }
        let directory = try FileDescriptor(open: parent(of: path) ?? ".", O_RDONLY | O_DIRECTORY)
        try directory.synchronize(path: path)
    }

    /// Bytes that a program without privileges may still write to the file system of a path.
    static func freeBytes(_ path: String) throws(SystemError) -> UInt64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw SystemError("statvfs", path) }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// The names in a directory, sorted.
    static func names(in path: String) throws(SystemError) -> [[UInt8]] {
        guard let directory = opendir(path) else { throw SystemError("opendir", path) }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Removes a directory that this program made, with all that is in it. Follows no links.
    static func removeTree(_ path: String) throws(SystemError) {
        guard try kind(path) == .directory else {
            if unlink(path) != 0, errno != ENOENT { throw SystemError("unlink", path) }
            return
        }
        for name in try names(in: path) { try removeTree(path + "/" + String(decoding: name, as: UTF8.self)) }
        if rmdir(path) != 0, errno != ENOENT { throw SystemError("rmdir", path) }
    }

    /// A new directory of this process alone.
    static func makeTemporaryDirectory(in parent: String, prefix: String) throws(SystemError) -> String {
        var template = Array("\(parent)/\(prefix).XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw SystemError("mkdtemp", parent) }
        return made
    }
}
