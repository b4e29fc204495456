public import Events

/// What a log was at a moment: its number of events and the root of its Merkle tree over them.
public struct TreeHead: Sendable, Hashable {
    public let size: UInt64
    public let root: SHA256Hash

    public init(size: UInt64, root: SHA256Hash) {
        self.size = size
        self.root = root
    }

    /// Whether `proof` shows that `leaf` is the leaf hash of the event at `position` (RFC 9162, section 2.1.3.2).
    public func includes(_ leaf: SHA256Hash, at position: LogPosition, proof: [SHA256Hash]) -> Bool {
        guard position.rawValue < size else { return false }
        var hasher = SHA256Hasher()
        var index = position.rawValue
        var last = size - 1
        var hash = leaf
        for node in proof {
            guard last > 0 else { return false }
            if index & 1 == 1 || index == last {
                hash = hasher.node(node, hash)
                while index & 1 == 0 && index != 0 {
                    index >>= 1
                    last >>= 1
                }
            } else {
                hash = hasher.node(hash, node)
            }
            index >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether `proof` shows that the log at `old` is a prefix of the log at this head (RFC 9162, section 2.1.4.2).
    public func extends(_ old: TreeHead, proof: [SHA256Hash]) -> Bool {
        guard old.size <= size else { return false }
        if old.size == size { return proof.isEmpty && old.root == root }
        var hasher = SHA256Hasher()
        if old.size == 0 { return proof.isEmpty && old.root == hasher.finish() }
        var path = proof[...]
        if old.size.nonzeroBitCount == 1 { path = ([old.root] + proof)[...] }
        guard let first = path.popFirst() else { return false }
        let shift = (~(old.size - 1)).trailingZeroBitCount
        var index = (old.size - 1) >> shift
        var last = (size - 1) >> shift
        var oldHash = first
        var newHash = first
        for node in path {
            guard last > 0 else { return false }
            if index & 1 == 1 || index == last {
                oldHash = hasher.node(node, oldHash)
                newHash = hasher.node(node, newHash)
                while index & 1 == 0 && index != 0 {
                    index >>= 1
                    last >>= 1
                }
            } else {
                newHash = hasher.node(newHash, node)
            }
            index >>= 1
            last >>= 1
        }
        return last == 0 && oldHash == old.root && newHash == root
    }
}
