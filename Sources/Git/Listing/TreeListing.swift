package import Events
package import GitProtocol
package import ProviderKit

/// The trees of the last completed sync, for providers that read trees otherwise than in packs.
package struct LastTrees: Sendable {
    let trees: KnownTrees

    /// Builds them again from the items that are known.
    package init(_ known: any KnownContent, of source: Source) throws {
        trees = try KnownTrees(known, cacheDirectory: source.cacheDirectory)
    }

    /// The entries of a tree; nil where the last sync had none of this id.
    package func entries(of tree: ObjectID) throws -> [TreeEntry]? { try trees.entries(of: tree) }

    /// What the last sync left out at a path.
    package func leftOut(at path: [UInt8]) -> ObservedItem.Content? { trees.leftOut[path] }
}

/// A commit's tree of which every directory is at hand, as the items of a source.
package struct TreeListing {
    package enum Item {
        case blob(path: [UInt8], mode: FileMode, id: ObjectID)
        case submodule(path: [UInt8], id: ObjectID)
        /// Not taken. A directory's path ends in a slash.
        case skipped(path: [UInt8], mode: FileMode, id: ObjectID, reason: SkipReason)
    }

    private var walk: TreeWalk

    /// - Parameters:
    ///   - trees: directories by their ids; what is not among them is looked for in `last`.
    ///   - passedOver: directories that are left out as if they were empty.
    ///   - wasWalked: the same tree has been walked before, and was found to be within the limits.
    /// - Throws: ``ProviderError`` (incomplete) where a directory is missing, (limitExceeded) where there are too many items.
    package init(
        root: ObjectID, trees: [ObjectID: [TreeEntry]], last: LastTrees?, source: Source,
        passedOver: Set<ObjectID> = [], wasWalked: Bool = false
    ) throws {
        walk = try TreeWalk(
            root: root, source: TreeSource(listed: trees, known: last?.trees), filter: try source.filter(),
            limits: source.limits, wasWalked: wasWalked, enters: { _, tree in !passedOver.contains(tree) })
    }

    /// The next item in the order of the paths' bytes; nil after the last.
    package mutating func next() throws -> Item? {
        switch try walk.next() {
        case nil: nil
        case .blob(let path, let mode, let id): .blob(path: path, mode: mode, id: id)
        case .submodule(let path, let id): .submodule(path: path, id: id)
        case .skipped(let path, let mode, let id, let reason): .skipped(path: path, mode: mode, id: id, reason: reason)
        }
    }
}
