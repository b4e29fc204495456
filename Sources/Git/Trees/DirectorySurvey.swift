import GitProtocol
import ProviderKit

/// Finds the directories of a commit, and which of them are as they were in another one.
final class DirectorySurvey {
    private let base: DirectoryIndex?
    private let extents: [ObjectID: TreeExtent]
    private var found = DirectoryIndex()
    private var isComplete = true
    /// The topmost directories that are as they were, in the order of the paths in them.
    private(set) var unchanged: [[UInt8]] = []

    /// - Parameters:
    ///   - base: the directories of the other commit; nil: nothing is as it was.
    ///   - extents: what the trees expand to.
    init(base: DirectoryIndex?, extents: [ObjectID: TreeExtent]) {
        self.base = base
        self.extents = extents
    }

    /// All directories of the commit; nil where what one of them expands to is not known.
    var index: DirectoryIndex? { isComplete && found.root != nil ? found : nil }

    /// Visits the directories that changed.
    func walk(_ root: ObjectID, _ source: TreeSource, _ filter: PathFilter, _ limits: SourceLimits) throws {
        guard enter([], root) else { return }
        var walk = try TreeWalk(
            root: root, source: source, filter: filter, limits: limits, wasWalked: true, enters: { self.enter($0, $1) })
        while try walk.next() != nil {}
    }

    /// Takes note of a directory.
    ///
    /// - Returns: whether it is another one than before.
    func enter(_ path: [UInt8], _ tree: ObjectID) -> Bool {
        if let base, base.tree(at: path) == tree {
            unchanged.append(path)
            found.append(from: base, below: path)
            return false
        }
        if let extent = extents[tree] { found.append(path, tree, extent) } else { isComplete = false }
        return true
    }
}
