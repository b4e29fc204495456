import Events

/// The right edge of the log's Merkle tree: the roots of the complete subtrees that its leaves fall into, largest first.
/// All that is needed to add a leaf.
struct MerkleFrontier: Sendable, Equatable {
    private(set) var count: UInt64 = 0
    private var subtrees: [SHA256Hash] = []

    /// The edge of an empty tree.
    init() {}

    /// The edge of the tree over the first `count` leaves.
    init(count: UInt64, nodes: borrowing some MerkleNodes & ~Copyable, hasher: inout SHA256Hasher) throws {
        self.count = count
        var start: UInt64 = 0
        for height in (0..<64).reversed() where count >> height & 1 == 1 {
            subtrees.append(try nodes.complete(height: height, index: start >> height, hasher: &hasher))
            start += 1 << height
        }
    }

    /// Adds a leaf. One node is hashed a leaf, on average.
    ///
    /// - Parameter keep: called for each node that completes a group, and so is stored.
    mutating func push(
        _ leaf: SHA256Hash, hasher: inout SHA256Hasher, keep: (TreeNodeKey, SHA256Hash) throws -> Void
    ) rethrows {
        var node = leaf
        var height = 0
        while count >> height & 1 == 1 {
            node = hasher.node(subtrees.removeLast(), node)
            height += 1
            if height.isMultiple(of: TreeNodeKey.groupHeight) {
                try keep(TreeNodeKey(level: height / TreeNodeKey.groupHeight, index: count >> height), node)
            }
        }
        subtrees.append(node)
        count += 1
    }

    /// The root; of no leaves, the hash of nothing.
    func root(hasher: inout SHA256Hasher) -> SHA256Hash {
        guard var root = subtrees.last else { return hasher.finish() }
        for subtree in subtrees.dropLast().reversed() { root = hasher.node(subtree, root) }
        return root
    }
}
