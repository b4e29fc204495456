import GitProtocol
import ProviderKit

/// Directories that the REST API told, each proven by its own id.
struct ToldTrees {
    private(set) var trees: [ObjectID: [TreeEntry]] = [:]
    /// Of files, as far as they were told, in bytes.
    private(set) var sizes: [ObjectID: UInt64] = [:]

    /// What an answer to `GET /repos/…/git/trees/{sha}` holds.
    static let selection: JSONSelection = [
        "sha": .everything, "truncated": .everything,
        "tree": ["path": .everything, "mode": .everything, "sha": .everything, "size": .everything],
    ]

    /// Takes in an answer that tells a tree, alone or with all that is below it. What an answer that was cut tells whole is
    /// taken too.
    ///
    /// - Returns: whether the answer was cut.
    /// - Throws: ``ProviderError`` (malformed).
    mutating func take(_ json: JSON, of root: ObjectID) throws(ProviderError) -> Bool {
        guard let told = json["tree"]?.array else {
            throw .transient(.malformed, "GitHub's answer for the tree \(root) has no entries")
        }
        let isCut = json["truncated"]?.bool ?? false
        var directories: [[UInt8]: Directory] = [[]: Directory(id: root)]
        for json in told {
            guard let path = json["path"]?.string, let id = json["sha"]?.string.flatMap({ ObjectID(hex: $0) }),
                let mode = json["mode"]?.string.flatMap({ UInt32($0, radix: 8) })
            else {
                throw .transient(
                    .malformed, "GitHub's answer for the tree \(root) has an entry without a path or an id")
            }
            let entry = Entry(path: Array(path.utf8), mode: FileMode(rawValue: mode), id: id)
            if let size = json["size"]?.uint64 { sizes[id] = size }
            // A directory stands before what is in it, but need not.
            if entry.mode.isDirectory { directories[entry.path, default: Directory(id: id)].id = id }
            directories[entry.directory, default: Directory(id: nil)].entries.append(entry.treeEntry)
        }
        for directory in directories.values {
            guard let id = directory.id, trees[id] == nil else { continue }
            trees[id] = proven(directory.entries, id, isCut)
        }
        return isCut
    }

    /// Takes in trees that were made from others.
    mutating func take(_ made: [ObjectID: [TreeEntry]]) { trees.merge(made) { first, _ in first } }

    private func proven(_ entries: [TreeEntry], _ id: ObjectID, _ isCut: Bool) -> [TreeEntry]? {
        guard !isCut else {
            var hasher = ObjectHasher()
            return Tree.hash(entries, with: &hasher) == id ? entries : nil
        }
        return NameRecovery.entries(entries, of: id)
    }

    private struct Directory {
        var id: ObjectID?
        var entries: [TreeEntry] = []
    }

    private struct Entry {
        let path: [UInt8]
        let mode: FileMode
        let id: ObjectID

        private var slash: Int? { path.lastIndex(of: UInt8(ascii: "/")) }
        var directory: [UInt8] { slash.map { Array(path[..<$0]) } ?? [] }
        var treeEntry: TreeEntry {
            TreeEntry(mode: mode, name: slash.map { Array(path[($0 + 1)...]) } ?? path, id: id)
        }
    }
}
