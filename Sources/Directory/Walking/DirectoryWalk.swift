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
        /// A regular file, as its directory says; who opens it may find out otherwise.
        case file(path: [UInt8], name: [UInt8])
        case symlink(path: [UInt8], name: [UInt8])
        /// Not taken. A directory stands for all below it, and its path ends in a slash.
        case skipped(path: [UInt8], isDirectory: Bool, reason: SkipReason)
    }

    private struct Level {
        var path: [UInt8]
        /// What has not been visited yet, the last one first.
        var entries: [OpenDirectory.Entry]
        /// Nil while many levels below it are open.
        var directory: OpenDirectory?
    }

    /// Most directories that are open at once; those above are opened again when the walk comes back to them.
    static let maximumOpenDirectories = 64

    private let root: [UInt8]
    private let filter: PathFilter
    private let limits: SourceLimits
    private var levels: [Level] = []

    /// - Throws: ``ProviderError`` where the folder itself cannot be read.
    init(root: [UInt8], filter: PathFilter, limits: SourceLimits) throws {
        self.root = root
        self.filter = filter
        self.limits = limits
        guard let directory = OpenDirectory(path: root), let entries = directory.entries() else {
            let reason = String(cString: strerror(errno))
            throw ProviderError.permanent(
                errno == EACCES ? .forbidden : .notFound,
                "the directory \(String(decoding: root, as: UTF8.self)) cannot be read: \(reason)")
        }
        levels = [Level(path: [], entries: entries, directory: directory)]
    }

    /// The next entry; nil after the last.
    mutating func next() throws -> Entry? {
        while let level = levels.last {
            guard let entry = level.entries.last else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].entries.removeLast()
            let name = entry.name
            let path = level.path.isEmpty ? name : level.path + [UInt8(ascii: "/")] + name
            guard path.count <= limits.maximumPathByteCount, levels.count <= limits.maximumDepth else {
                throw ProviderError.permanent(
                    .limitExceeded,
                    "a path of \(path.count) bytes in \(levels.count) levels is over the limit: exclude it")
            }
            if let entry = visit(entry, name, path) { return entry }
        }
        return nil
    }

    /// The directory of the entry that came last; nil where it is gone.
    mutating func directory() -> OpenDirectory? {
        guard let level = levels.last else { return nil }
        if level.directory == nil { levels[levels.count - 1].directory = OpenDirectory(path: absolute(level.path)) }
        return levels[levels.count - 1].directory
    }

    /// Bytes of the path on disk.
    func absolute(_ path: [UInt8]) -> [UInt8] { path.isEmpty ? root : root + [UInt8(ascii: "/")] + path }

    private mutating func visit(_ entry: OpenDirectory.Entry, _ name: [UInt8], _ path: [UInt8]) -> Entry? {
        if TreeEntry.unsafeName(name) != nil { return skipped(path, entry, .unsafeName) }
        if entry.isDirectory {
            guard filter.couldMatchBelow(path) else { return skipped(path, entry, .excluded) }
            guard enter(name, path) else { return skipped(path, entry, .unreadable) }
            return nil
        }
        guard filter.matches(path) else { return skipped(path, entry, .excluded) }
        switch entry.kind {
        case .file: return .file(path: path, name: name)
        case .symlink: return .symlink(path: path, name: name)
        case .directory, .other: return skipped(path, entry, .unsupported)
        }
    }

    /// Whether the directory below the current one could be opened and read.
    private mutating func enter(_ name: [UInt8], _ path: [UInt8]) -> Bool {
        guard let parent = directory(), let directory = OpenDirectory(name: name, in: parent),
            let entries = directory.entries()
        else { return false }
        levels.append(Level(path: path, entries: entries, directory: directory))
        if levels.count > Self.maximumOpenDirectories {
            levels[levels.count - 1 - Self.maximumOpenDirectories].directory = nil
        }
        return true
    }

    private func skipped(_ path: [UInt8], _ entry: OpenDirectory.Entry, _ reason: SkipReason) -> Entry {
        .skipped(
            path: entry.isDirectory ? path + [UInt8(ascii: "/")] : path, isDirectory: entry.isDirectory, reason: reason)
    }
}
