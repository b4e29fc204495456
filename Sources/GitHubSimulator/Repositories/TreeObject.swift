/// One entry of a tree.
struct TreeEntry: Sendable, Hashable {
    /// Octal digits without a leading 0, as `40000`.
    var mode: String
    var name: [UInt8]
    /// 20 bytes.
    var id: [UInt8]

    var isTree: Bool { mode == "40000" }

    /// What the tree's order goes by: a folder sorts as if its name ended in a slash.
    private var sortKey: [UInt8] { isTree ? name + [UInt8(ascii: "/")] : name }

    static func precedes(_ left: TreeEntry, _ right: TreeEntry) -> Bool {
        left.sortKey.lexicographicallyPrecedes(right.sortKey)
    }
}

/// A tree's bytes: `mode SP name NUL id` for each entry.
enum TreeObject {
    static func parse(_ bytes: [UInt8]) throws -> [TreeEntry] {
        var (entries, rest) = ([TreeEntry](), bytes[...])
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")), let end = rest.firstIndex(of: 0), space < end,
                rest.endIndex - end > 20
            else { throw SimulatorError(code: .malformed, message: "a tree object ends within an entry") }
            entries.append(
                TreeEntry(
                    mode: String(decoding: rest[..<space], as: UTF8.self), name: Array(rest[(space + 1)..<end]),
                    id: Array(rest[(end + 1)...(end + 20)])))
            rest = rest[(end + 21)...]
        }
        return entries
    }

    static func encoded(_ entries: [TreeEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries.sorted(by: TreeEntry.precedes) {
            bytes += entry.mode.utf8
            bytes.append(UInt8(ascii: " "))
            bytes += entry.name
            bytes.append(0)
            bytes += entry.id
        }
        return bytes
    }
}

/// Changes files of a tree, writing only the trees on their paths.
struct TreeEditor {
    let objects: ObjectStore
    private(set) var added: [RepositoryPath] = []
    private(set) var modified: [RepositoryPath] = []
    private(set) var removed: [RepositoryPath] = []

    init(objects: ObjectStore) { self.objects = objects }

    /// - Parameters:
    ///   - tree: a tree's id; nil for an empty one.
    ///   - changes: nil removes the file.
    /// - Returns: the new tree's id.
    mutating func apply(_ changes: [RepositoryPath: RepositoryContent?], to tree: String?) throws -> String {
        let sorted = changes.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        return try edit(tree, sorted.map { ($0.key, $0.key.bytes[...], $0.value) })
            ?? objects.write(.tree, [])
    }

    /// nil where nothing is left.
    private mutating func edit(
        _ tree: String?, _ changes: [(path: RepositoryPath, rest: ArraySlice<UInt8>, content: RepositoryContent?)]
    ) throws -> String? {
        var entries: [[UInt8]: TreeEntry] = [:]
        if let tree {
            guard let bytes = try objects.content(tree, of: .tree) else {
                throw SimulatorError(code: .malformed, message: "tree \(tree) is missing")
            }
            for entry in try TreeObject.parse(bytes) { entries[entry.name] = entry }
        }
        let groups = Dictionary(grouping: changes) { Array($0.rest.prefix { $0 != UInt8(ascii: "/") }) }
        for (name, group) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            for change in group where change.rest.count == name.count {
                try edit(file: name, change.path, change.content, &entries)
            }
            let below = group.filter { $0.rest.count > name.count }
            if below.isEmpty { continue }
            let old = entries[name].flatMap { $0.isTree ? $0.id.hexadecimal : nil }
            let new = try edit(old, below.map { ($0.path, $0.rest.dropFirst(name.count + 1), $0.content) })
            entries[name] = new.flatMap { [UInt8](hexadecimal: $0) }.map {
                TreeEntry(mode: "40000", name: name, id: $0)
            }
        }
        return entries.isEmpty ? nil : try objects.write(.tree, TreeObject.encoded(Array(entries.values)))
    }

    private mutating func edit(
        file name: [UInt8], _ path: RepositoryPath, _ content: RepositoryContent?,
        _ entries: inout [[UInt8]: TreeEntry]
    ) throws {
        guard let content else {
            if entries.removeValue(forKey: name) != nil { removed.append(path) }
            return
        }
        var bytes: [UInt8] = []
        content.forEachPiece { bytes += $0 }
        let id = try objects.write(.blob, bytes)
        // A file that is there keeps its mode.
        let old = entries[name].flatMap { $0.isTree ? nil : $0 }
        if let old, old.id.hexadecimal == id { return }
        if old == nil { added.append(path) } else { modified.append(path) }
        entries[name] = TreeEntry(
            mode: old?.mode ?? FileMode.regular.rawValue, name: name, id: [UInt8](hexadecimal: id) ?? [])
    }
}
