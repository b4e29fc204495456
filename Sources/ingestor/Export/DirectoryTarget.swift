import Events
import Glibc

/// Writes a tree below a new or empty directory, and nowhere else: every name on the way is opened relative to the
/// directory before it, and no symbolic link is ever followed.
struct DirectoryTarget: ExportTarget, ~Copyable {
    private let root: OpenDirectory
    private let path: String
    // The directory that the last entry was in: most entries are in the same one as their neighbour.
    private var recentNames: [[UInt8]] = []
    private var recent: OpenDirectory

    /// - Throws: ``CommandError`` where the directory is there and not empty.
    init(_ path: String) throws {
        try FileSystem.makeDirectory(path, mode: 0o777)
        let root = OpenDirectory(try FileDescriptor(open: path, O_RDONLY | O_DIRECTORY))
        guard try FileSystem.names(in: path).isEmpty else {
            throw CommandError("\(path) is not empty: export to a directory that is empty or not there yet")
        }
        self.path = path
        self.root = root
        recent = root
    }

    mutating func file(
        _ path: ExportPath, isExecutable: Bool, size: UInt64,
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let shown = shown(path)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let file = try within(path) { directory throws(SystemError) in
            try FileDescriptor(
                at: directory, path.names[path.names.count - 1], flags, mode: isExecutable ? 0o777 : 0o666)
        }
        try produce { try file.write($0, path: shown) }
    }

    mutating func symlink(_ path: ExportPath, to target: [UInt8]) throws {
        let shown = shown(path)
        guard !target.contains(0), !target.isEmpty else {
            throw CommandError("\(shown): a symbolic link cannot point to \"\(Printable.text(target))\"")
        }
        try within(path) { directory throws(SystemError) in
            let parent = directory.rawValue
            _ = try target.withCString { target throws(SystemError) in
                try path.names[path.names.count - 1].withCString { name throws(SystemError) in
                    try FileDescriptor.check("symlink", shown) { symlinkat(target, parent, name) }
                }
            }
        }
    }

    mutating func directory(_ path: ExportPath) throws {
        let shown = shown(path)
        try within(path) { directory throws(SystemError) in
            try Self.makeDirectory(path.names[path.names.count - 1], in: directory, shown)
        }
    }

    mutating func finish() throws {}

    private func shown(_ path: ExportPath) -> String { "\(self.path)/\(Printable.text(path.bytes))" }

    private static func makeDirectory(
        _ name: [UInt8], in directory: borrowing FileDescriptor, _ shown: String
    ) throws(SystemError) {
        let parent = directory.rawValue
        let code = name.withCString { mkdirat(parent, $0, 0o777) }
        if code != 0, errno != EEXIST { throw SystemError("mkdir", shown) }
    }

    /// Calls `body` with the directory that an entry is in, made where it is missing.
    private mutating func within<R: ~Copyable>(
        _ path: ExportPath, _ body: (borrowing FileDescriptor) throws(SystemError) -> R
    ) throws(SystemError) -> R {
        let names = Array(path.names.dropLast())
        if names != recentNames {
            var current = root
            for name in names { current = try Self.enter(name, current.descriptor, shown(path)) }
            recent = current
            recentNames = names
        }
        return try body(recent.descriptor)
    }

    private static func enter(
        _ name: [UInt8], _ parent: borrowing FileDescriptor, _ shown: String
    ) throws(SystemError) -> OpenDirectory {
        try makeDirectory(name, in: parent, shown)
        return OpenDirectory(try FileDescriptor(at: parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
    }
}

/// A directory that stays open as long as somebody needs it.
private final class OpenDirectory {
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
