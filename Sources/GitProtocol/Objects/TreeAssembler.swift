/// Builds the trees of a commit again from a flat list of its files: what `git ls-tree -r` lists, in its order.
///
/// Files are added in the order of their paths' bytes, which is the order in which a walk over Git's trees meets them. A
/// directory is complete as soon as a path outside it comes.
public struct TreeAssembler {
    private struct Level {
        var name: [UInt8]
        var entries: [TreeEntry] = []
    }

    private var levels = [Level(name: [])]
    /// The path of the last level, with a slash at its end; empty for the root.
    private var directory: [UInt8] = []
    private var hasher = HasherBox()
    private let completed: ((_ path: [UInt8], _ id: ObjectID, _ entries: [TreeEntry]) -> Void)?

    /// - Parameter completed: is told each directory once it is complete, the root last, with an empty path.
    public init(completed: ((_ path: [UInt8], _ id: ObjectID, _ entries: [TreeEntry]) -> Void)? = nil) {
        self.completed = completed
    }

    /// Adds the next file, or a whole directory by its id; a directory's path may end in a slash.
    public mutating func add(_ path: [UInt8], mode: FileMode, id: ObjectID) {
        if let name = nameInDirectory(path) {
            levels[levels.count - 1].entries.append(TreeEntry(mode: mode, name: name, id: id))
            return
        }
        let names = path.split(separator: UInt8(ascii: "/"))
        let directories = names.dropLast()
        let shared = zip(levels.dropFirst(), directories).prefix { $0.name.elementsEqual($1) }.count
        close(to: shared + 1)
        for directory in directories.dropFirst(shared) { levels.append(Level(name: Array(directory))) }
        levels[levels.count - 1].entries.append(TreeEntry(mode: mode, name: Array(names.last ?? []), id: id))
        directory = directories.flatMap { $0 + [UInt8(ascii: "/")] }
    }

    /// The name of a file right in the directory of the one before it; nil for any other path.
    private func nameInDirectory(_ path: [UInt8]) -> [UInt8]? {
        guard path.count > directory.count, path.starts(with: directory) else { return nil }
        let name = path[directory.count...]
        return name.contains(UInt8(ascii: "/")) ? nil : Array(name)
    }

    /// The id of the whole tree.
    public mutating func finish() -> ObjectID {
        close(to: 1)
        let root = levels[0].entries
        levels[0].entries = []
        let id = hasher.hash(root)
        completed?([], id, root)
        return id
    }

    private mutating func close(to depth: Int) {
        while levels.count > depth {
            let path = Array(levels.dropFirst().map(\.name).joined(separator: [UInt8(ascii: "/")]))
            let level = levels.removeLast()
            let id = hasher.hash(level.entries)
            completed?(path, id, level.entries)
            levels[levels.count - 1].entries.append(TreeEntry(mode: .directory, name: level.name, id: id))
        }
    }
}

/// Lets a copyable value keep the one hasher that it reuses.
private final class HasherBox {
    private var hasher = ObjectHasher()

    func hash(_ entries: [TreeEntry]) -> ObjectID { Tree.hash(entries, with: &hasher) }
}
