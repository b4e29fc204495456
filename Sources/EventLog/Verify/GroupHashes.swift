import Events

/// Computes the tree's stored nodes anew from the leaves that pass by, for those groups that are seen whole.
struct GroupHashes {
    private struct Level {
        /// The group's nodes so far; nil while the group was not seen from its beginning.
        var frontier: MerkleFrontier?
    }

    private var levels: [Level]
    /// The leaf that is expected next.
    private(set) var next: UInt64

    init(from start: UInt64 = 0) {
        next = start
        levels = (1...TreeNodeKey.maximumLevel).map { level in
            let leaves = UInt64(1) << (level * TreeNodeKey.groupHeight)
            return Level(frontier: start.isMultiple(of: leaves) ? MerkleFrontier() : nil)
        }
    }

    /// Leaves are missing: the groups that they belong to cannot be computed.
    mutating func skip(to position: UInt64) {
        self = GroupHashes(from: position)
    }

    /// Takes the next leaf.
    ///
    /// - Parameter completed: called for each group that is complete with it.
    mutating func push(
        _ leaf: SHA256Hash, hasher: inout SHA256Hasher, completed: (TreeNodeKey, SHA256Hash) -> Void
    ) {
        var node: SHA256Hash? = leaf
        next += 1
        for level in 1...TreeNodeKey.maximumLevel {
            if let node { levels[level - 1].frontier?.push(node, hasher: &hasher) { _, _ in } }
            let height = level * TreeNodeKey.groupHeight
            guard next.isMultiple(of: 1 << height) else { return }
            node = levels[level - 1].frontier?.root(hasher: &hasher)
            levels[level - 1].frontier = MerkleFrontier()
            if let node { completed(TreeNodeKey(level: level, index: next >> height - 1), node) }
        }
    }
}
