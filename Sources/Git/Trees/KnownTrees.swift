import GitProtocol
import ProviderKit

/// The trees of the last completed sync, built again from its files: one by one where the index of its directories is at
/// hand, else all at once.
///
/// `@unchecked Sendable`: one sync has it, and uses it from one task at a time.
final class KnownTrees: @unchecked Sendable {
    let index: DirectoryIndex
    /// What that sync left out, by path.
    let leftOut: [[UInt8]: ObservedItem.Content]
    private let content: any KnownContent
    private var built: [ObjectID: [TreeEntry]]

    /// - Parameter cacheDirectory: where the index may be.
    init(_ content: any KnownContent, cacheDirectory: String?) throws {
        self.content = content
        if let cacheDirectory, let checkpoint = content.checkpoint,
            let index = DirectoryIndex.load(from: cacheDirectory, root: ObjectID(checkpoint.tree))
        {
            // It is kept only where nothing was left out.
            self.index = index
            leftOut = [:]
            built = [:]
            return
        }
        var leftOut: [[UInt8]: ObservedItem.Content] = [:]
        var built: [ObjectID: [TreeEntry]] = [:]
        var directories: [(path: [UInt8], tree: ObjectID)] = []
        try withoutActuallyEscaping({ (path: [UInt8], id: ObjectID, entries: [TreeEntry]) in
            built[id] = entries
            directories.append((path, id))
        }) {
            var assembler = TreeAssembler(completed: $0)
            try content.forEachItem { item in
                switch item.content {
                case .blob(let mode, let hash, _):
                    assembler.add(item.path, mode: FileMode(rawValue: mode), id: ObjectID(hash))
                case .submodule(let hash): assembler.add(item.path, mode: .submodule, id: ObjectID(hash))
                case .skipped(let mode, let hash, _, _):
                    leftOut[item.path] = item.content
                    assembler.add(item.path, mode: FileMode(rawValue: mode), id: ObjectID(hash))
                }
            }
            _ = assembler.finish()
        }
        index = Self.index(of: directories, built)
        self.built = built
        self.leftOut = leftOut
    }

    /// A directory comes after those in it, so that their extents are known.
    private static func index(
        of directories: [(path: [UInt8], tree: ObjectID)], _ built: [ObjectID: [TreeEntry]]
    ) -> DirectoryIndex {
        var extents: [ObjectID: TreeExtent] = [:]
        for (_, tree) in directories where extents[tree] == nil {
            var extent = TreeExtent(items: 0, depth: 1)
            for entry in built[tree] ?? [] {
                guard entry.mode.isDirectory else {
                    extent.items += 1
                    continue
                }
                // One that was left out as a whole counts for what is known of it: nothing.
                guard let below = extents[entry.id] else { continue }
                extent.items += below.items
                extent.depth = max(extent.depth, below.depth + 1)
            }
            extents[tree] = extent
        }
        var index = DirectoryIndex()
        for (path, tree) in directories.sorted(by: { DirectoryIndex.precedes($0.path, $1.path) }) {
            index.append(path, tree, extents[tree] ?? TreeExtent(items: 0, depth: 1))
        }
        return index
    }

    /// Whether a directory with that tree was there.
    func contains(_ tree: ObjectID) -> Bool { index.entry(of: tree) != nil }

    /// The entries of a tree that was there; nil for any other one.
    func entries(of tree: ObjectID) throws -> [TreeEntry]? {
        if let entries = built[tree] { return entries }
        guard let directory = index.entry(of: tree)?.path else { return nil }
        var entries = index.children(of: directory).map { child in
            TreeEntry(
                mode: .directory, name: Array(child.path[DirectoryIndex.prefix(directory).count...]), id: child.tree)
        }
        try forEachItem(rightIn: directory, subdirectories: entries.map(\.name)) { name, item in
            switch item.content {
            case .blob(let mode, let hash, _):
                entries.append(TreeEntry(mode: FileMode(rawValue: mode), name: name, id: ObjectID(hash)))
            case .submodule(let hash): entries.append(TreeEntry(mode: .submodule, name: name, id: ObjectID(hash)))
            case .skipped: break
            }
        }
        entries.sort(by: Tree.precedes)
        // A wrong index would show here; then the tree counts as unknown.
        var hasher = ObjectHasher()
        guard Tree.hash(entries, with: &hasher) == tree else { return nil }
        built[tree] = entries
        return entries
    }

    /// A tree as Git writes it.
    func serialized(_ tree: ObjectID) throws -> [UInt8]? { try entries(of: tree).map { Tree.serialize($0) } }

    /// The items of a directory without those of its subdirectories, which are passed over.
    private func forEachItem(
        rightIn directory: [UInt8], subdirectories: [[UInt8]], _ body: ([UInt8], ObservedItem) -> Void
    ) throws {
        let prefix = DirectoryIndex.prefix(directory)
        var start = prefix
        for name in subdirectories + [[]] {
            let end = name.isEmpty ? nil : DirectoryIndex.prefix(prefix + name)
            try content.forEachItem(from: start) { item in
                guard item.path.starts(with: prefix) else { return false }
                if let end, !item.path.lexicographicallyPrecedes(end) { return false }
                body(Array(item.path[prefix.count...]), item)
                return true
            }
            // The first path after all that is below it: the byte after the slash.
            start = prefix + name + [UInt8(ascii: "/") + 1]
        }
    }
}
