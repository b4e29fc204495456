import Events
import Git
import GitProtocol
import ProviderKit

/// Changes of files, as GitHub tells them: without modes. An edited file is taken to keep its own, a new one to be an
/// ordinary file. The id of the tree that comes out proves it.
struct ChangeList {
    private enum Change {
        case put(path: [UInt8], id: ObjectID, from: [UInt8]?)
        case remove(path: [UInt8])
    }

    private var changes: [Change] = []

    /// - Parameter from: the path that it was renamed or copied from, whose mode it has.
    mutating func put(_ path: [UInt8], _ id: ObjectID, from: [UInt8]? = nil) {
        changes.append(.put(path: path, id: id, from: from))
    }

    mutating func remove(_ path: [UInt8]) { changes.append(.remove(path: path)) }

    /// The directories of the new commit.
    ///
    /// - Parameter known: the items before the changes.
    /// - Throws: ``LadderStep`` where another tree comes out than `tree`.
    func applied(to known: any KnownContent, giving tree: ObjectID) throws -> [ObjectID: [TreeEntry]] {
        var files: [[UInt8]: (mode: FileMode, id: ObjectID)] = [:]
        try known.forEachItem { item in
            switch item.content {
            case .blob(let mode, let hash, _): files[item.path] = (FileMode(rawValue: mode), ObjectID(hash))
            case .submodule(let hash): files[item.path] = (.submodule, ObjectID(hash))
            case .skipped(let mode, let hash, _, _): files[item.path] = (FileMode(rawValue: mode), ObjectID(hash))
            }
        }
        let before = files
        for case .remove(let path) in changes { files[path] = nil }
        for case .put(let path, let id, let from) in changes {
            let mode = before[path]?.mode ?? from.flatMap { before[$0]?.mode } ?? .file
            files[path] = (mode, id)
        }
        var trees: [ObjectID: [TreeEntry]] = [:]
        let root = withoutActuallyEscaping({ (_: [UInt8], id: ObjectID, entries: [TreeEntry]) in trees[id] = entries })
        {
            var assembler = TreeAssembler(completed: $0)
            for path in files.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                if let file = files[path] { assembler.add(path, mode: file.mode, id: file.id) }
            }
            return assembler.finish()
        }
        guard root == tree else {
            throw LadderStep(
                .incomplete,
                "what is told of the changes does not lead to the commit's tree: it has no modes and no bytes of names")
        }
        return trees
    }
}
