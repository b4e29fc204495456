import Events

/// Where the nodes of an RFC 6962 tree come from: its leaves, and the roots over complete groups of 256, 65,536, … of them.
/// Everything between is computed, from 255 of these a level at most.
protocol MerkleNodes: ~Copyable {
    func leaf(_ index: UInt64) throws -> SHA256Hash
    func stored(_ key: TreeNodeKey) throws -> SHA256Hash
}

extension MerkleNodes where Self: ~Copyable {
    /// The root over the 2^height leaves from index · 2^height.
    func complete(height: Int, index: UInt64, hasher: inout SHA256Hasher) throws -> SHA256Hash {
        if height == 0 { return try leaf(index) }
        if height.isMultiple(of: TreeNodeKey.groupHeight) {
            return try stored(TreeNodeKey(level: height / TreeNodeKey.groupHeight, index: index))
        }
        let left = try complete(height: height - 1, index: 2 * index, hasher: &hasher)
        let right = try complete(height: height - 1, index: 2 * index + 1, hasher: &hasher)
        return hasher.node(left, right)
    }

    /// MTH of RFC 6962, section 2.1, of the `count` leaves from `start`, where these are a subtree of the whole tree.
    func root(start: UInt64, count: UInt64, hasher: inout SHA256Hasher) throws -> SHA256Hash {
        guard count > 0 else { return hasher.finish() }
        if count.nonzeroBitCount == 1 {
            let height = count.trailingZeroBitCount
            return try complete(height: height, index: start >> height, hasher: &hasher)
        }
        let split = Self.split(count)
        let left = try root(start: start, count: split, hasher: &hasher)
        let right = try root(start: start + split, count: count - split, hasher: &hasher)
        return hasher.node(left, right)
    }

    /// PATH of RFC 6962, section 2.1.1: the audit path of the leaf `leaf` in the tree over the first `size`.
    func inclusionProof(of leaf: UInt64, size: UInt64, hasher: inout SHA256Hasher) throws -> [SHA256Hash] {
        var path: [SHA256Hash] = []
        var start: UInt64 = 0
        var count = size
        // From the root down, so the path comes out backwards.
        while count > 1 {
            let split = Self.split(count)
            if leaf < start + split {
                path.append(try root(start: start + split, count: count - split, hasher: &hasher))
                count = split
            } else {
                path.append(try root(start: start, count: split, hasher: &hasher))
                start += split
                count -= split
            }
        }
        return path.reversed()
    }

    /// PROOF of RFC 6962, section 2.1.2: that the first `old` leaves of the tree over `size` are the tree over `old`.
    func consistencyProof(from old: UInt64, to size: UInt64, hasher: inout SHA256Hasher) throws -> [SHA256Hash] {
        guard old > 0, old < size else { return [] }
        var path: [SHA256Hash] = []
        var start: UInt64 = 0
        var count = size
        var isWholeOldTree = true
        while start + count != old {
            let split = Self.split(count)
            if old <= start + split {
                path.append(try root(start: start + split, count: count - split, hasher: &hasher))
                count = split
            } else {
                path.append(try root(start: start, count: split, hasher: &hasher))
                start += split
                count -= split
                isWholeOldTree = false
            }
        }
        if !isWholeOldTree { path.append(try root(start: start, count: count, hasher: &hasher)) }
        return path.reversed()
    }

    /// The largest power of two below `count`, which is over 1.
    private static func split(_ count: UInt64) -> UInt64 {
        1 << (63 - (count - 1).leadingZeroBitCount)
    }
}
