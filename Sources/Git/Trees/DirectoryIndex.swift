import GitProtocol

/// The directories of one commit with the ids of their trees: what is enough to tell which of them another commit shares.
struct DirectoryIndex: Equatable {
    struct Entry: Equatable {
        /// Without a slash at the end; empty for the root.
        var path: [UInt8]
        var tree: ObjectID
        var extent: TreeExtent
    }

    /// In the order of the paths of what is in them: `a-b` comes before `a`, since `a-b/` does before `a/`. The root is first.
    private(set) var entries: [Entry] = []
    private var placesByTree: [ObjectID: Int] = [:]

    init() {}

    /// The whole tree's id.
    var root: ObjectID? { entries.first?.tree }

    /// Adds the next directory.
    mutating func append(_ path: [UInt8], _ tree: ObjectID, _ extent: TreeExtent) {
        if placesByTree[tree] == nil { placesByTree[tree] = entries.count }
        entries.append(Entry(path: path, tree: tree, extent: extent))
    }

    /// Adds a directory of another index, with all below it.
    mutating func append(from other: DirectoryIndex, below path: [UInt8]) {
        for entry in other.entries[other.range(below: path)] { append(entry.path, entry.tree, entry.extent) }
    }

    /// A directory with that tree; which one of several does not matter.
    func entry(of tree: ObjectID) -> Entry? { placesByTree[tree].map { entries[$0] } }

    /// The tree of the directory at `path`.
    func tree(at path: [UInt8]) -> ObjectID? {
        let place = firstPlace(notBefore: path)
        guard place < entries.count, entries[place].path == path else { return nil }
        return entries[place].tree
    }

    /// The directories right in the one at `path`.
    func children(of path: [UInt8]) -> [Entry] {
        let prefix = Self.prefix(path)
        return entries[range(below: path)].filter { entry in
            entry.path.count > prefix.count && !entry.path[prefix.count...].contains(UInt8(ascii: "/"))
        }
    }

    /// The places of the directory at `path` and of all below it.
    private func range(below path: [UInt8]) -> Range<Int> {
        if path.isEmpty { return entries.indices }
        let start = firstPlace(notBefore: path)
        let prefix = Self.prefix(path)
        var end = start
        while end < entries.count, entries[end].path == path || entries[end].path.starts(with: prefix) { end += 1 }
        return start..<end
    }

    private func firstPlace(notBefore path: [UInt8]) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(entries[middle].path, path) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The order of the entries.
    static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        prefix(left).lexicographicallyPrecedes(prefix(right))
    }

    /// What the paths in a directory begin with.
    static func prefix(_ path: [UInt8]) -> [UInt8] { path.isEmpty ? [] : path + [UInt8(ascii: "/")] }

    static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}

/// What a tree expands to.
struct TreeExtent: Equatable {
    /// Files and submodules, each as often as a path leads to it.
    var items: Int
    /// Levels of directories, itself included.
    var depth: Int
}
