import Events
import Git
import GitProtocol
import ProviderKit

/// What `GET /repos/…/compare/{base}...{head}` tells, applied to the items at the base.
///
/// A comparison names no modes: an edited file is taken to keep its own, a new one to be an ordinary file. The id of the
/// tree that comes out proves it; where it is another one, the whole tree is asked for.
struct Comparison {
    private enum Change {
        case put(path: [UInt8], id: ObjectID, from: [UInt8]?)
        case remove(path: [UInt8])
    }

    private var changes: [Change] = []

    static let selection: JSONSelection = [
        "status": .everything,
        "files": [
            "sha": .everything, "filename": .everything, "status": .everything, "previous_filename": .everything,
        ],
    ]

    /// - Throws: ``LadderStep`` where the comparison does not tell all.
    init(_ json: JSON, maximumFileCount: Int) throws {
        switch json["status"]?.string {
        case "ahead", "identical": break
        case "behind", "diverged":
            // Then it is against the last common commit, not against the base.
            throw LadderStep(.incomplete, "the new commit does not follow from the last one")
        default: throw LadderStep(.malformed, "the comparison does not say how the commits relate")
        }
        guard let files = json["files"]?.array else { throw LadderStep(.malformed, "the comparison lists no files") }
        guard files.count < maximumFileCount else {
            throw LadderStep(
                .limitExceeded, "the comparison lists \(files.count) files, which is where GitHub cuts it")
        }
        for file in files {
            guard let path = file["filename"]?.string.map({ Array($0.utf8) }),
                let id = file["sha"]?.string.flatMap({ ObjectID(hex: $0) })
                    ?? (file["sha"]?.isNull ?? true ? .zero : nil)
            else { throw LadderStep(.malformed, "the comparison has a file without a name or an id") }
            let previous = file["previous_filename"]?.string.map { Array($0.utf8) }
            switch file["status"]?.string {
            case "added", "modified", "changed": changes.append(.put(path: path, id: id, from: nil))
            case "copied": changes.append(.put(path: path, id: id, from: previous))
            case "renamed":
                if let previous { changes.append(.remove(path: previous)) }
                changes.append(.put(path: path, id: id, from: previous))
            case "removed": changes.append(.remove(path: path))
            case "unchanged": break
            default: throw LadderStep(.unsupported, "the comparison has a kind of change that is not known here")
            }
        }
    }

    /// The directories of the new commit.
    ///
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
                "the comparison does not lead to the commit's tree: it tells no modes and no bytes of names")
        }
        return trees
    }
}

/// One way of reading does not lead to the end; the next one may.
struct LadderStep: Error {
    let error: ProviderError

    init(_ code: ProviderError.Code, _ message: String) { error = .transient(code, message) }
}
