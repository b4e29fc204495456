import Events
import GitProtocol
import ProviderKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Walks over a folder in the order in which Git lists files: by the bytes of their whole paths.
///
/// It keeps a stack of its own, since folders may be nested deeper than a thread's stack allows.
struct DirectoryWalk {
    enum Entry {
        case file(path: [UInt8], isExecutable: Bool, size: UInt64)
        case symlink(path: [UInt8])
        /// Not taken. A directory stands for all below it, and its path ends in a slash.
        case skipped(path: [UInt8], isDirectory: Bool, reason: SkipReason)
    }

    private struct Child {
        var name: [UInt8]
        var isDirectory: Bool

        /// What it is sorted by: files of a folder come where the folder's name with a slash comes.
        var key: [UInt8] { isDirectory ? name + [UInt8(ascii: "/")] : name }
    }

    private struct Level {
        var path: [UInt8]
        var children: [Child]
    }

    private let root: [UInt8]
    private let filter: PathFilter
    private let limits: SourceLimits
    private var levels: [Level] = []

    /// - Throws: ``ProviderError`` where the folder itself cannot be read.
    init(root: [UInt8], filter: PathFilter, limits: SourceLimits) throws {
        self.root = root
        self.filter = filter
        self.limits = limits
        guard let children = Self.children(of: root) else {
            let reason = String(cString: strerror(errno))
            throw ProviderError.permanent(
                errno == EACCES ? .forbidden : .notFound,
                "the directory \(String(decoding: root, as: UTF8.self)) cannot be read: \(reason)")
        }
        levels = [Level(path: [], children: children)]
    }

    /// The next entry; nil after the last.
    mutating func next() throws -> Entry? {
        while let level = levels.last {
            guard let child = level.children.last else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].children.removeLast()
            let path = level.path.isEmpty ? child.name : level.path + [UInt8(ascii: "/")] + child.name
            guard path.count <= limits.maximumPathByteCount, levels.count <= limits.maximumDepth else {
                throw ProviderError.permanent(
                    .limitExceeded,
                    "a path of \(path.count) bytes in \(levels.count) levels is over the limit: exclude it")
            }
            if let entry = try visit(path, child) { return entry }
        }
        return nil
    }

    /// Bytes of the path on disk.
    func absolute(_ path: [UInt8]) -> [CChar] { Self.absolute(root, path) }

    private mutating func visit(_ path: [UInt8], _ child: Child) throws -> Entry? {
        if TreeEntry.unsafeName(child.name) != nil {
            return skipped(path, child, .unsafeName)
        }
        if child.isDirectory {
            guard filter.couldMatchBelow(path) else {
                return skipped(path, child, .excluded)
            }
            guard let children = Self.children(of: Self.joined(root, path)) else {
                return skipped(path, child, .unreadable)
            }
            levels.append(Level(path: path, children: children))
            return nil
        }
        guard filter.matches(path) else { return skipped(path, child, .excluded) }
        var status = stat()
        guard lstat(absolute(path), &status) == 0 else {
            return skipped(path, child, .unreadable)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            return .file(path: path, isExecutable: status.st_mode & S_IXUSR != 0, size: UInt64(status.st_size))
        case S_IFLNK: return .symlink(path: path)
        default: return skipped(path, child, .unsupported)
        }
    }

    private func skipped(_ path: [UInt8], _ child: Child, _ reason: SkipReason) -> Entry {
        .skipped(
            path: child.isDirectory ? path + [UInt8(ascii: "/")] : path, isDirectory: child.isDirectory, reason: reason)
    }

    /// The names in a folder, last one first; nil where it cannot be read.
    private static func children(of directory: [UInt8]) -> [Child]? {
        guard let stream = opendir(absolute(directory, [])) else { return nil }
        defer { closedir(stream) }
        var children: [Child] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [UInt8(ascii: ".")] || name == Array("..".utf8) { continue }
            children.append(Child(name: name, isDirectory: isDirectory(entry, in: directory, name)))
        }
        guard errno == 0 else { return nil }
        return children.sorted { $1.key.lexicographicallyPrecedes($0.key) }
    }

    private static func isDirectory(_ entry: UnsafeMutablePointer<dirent>, in directory: [UInt8], _ name: [UInt8])
        -> Bool
    {
        switch Int32(entry.pointee.d_type) {
        case Int32(DT_DIR): return true
        case Int32(DT_UNKNOWN):
            var status = stat()
            return lstat(absolute(directory, name), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        default: return false
        }
    }

    private static func joined(_ directory: [UInt8], _ path: [UInt8]) -> [UInt8] {
        path.isEmpty ? directory : directory + [UInt8(ascii: "/")] + path
    }

    private static func absolute(_ directory: [UInt8], _ path: [UInt8]) -> [CChar] {
        joined(directory, path).map { CChar(bitPattern: $0) } + [0]
    }
}
