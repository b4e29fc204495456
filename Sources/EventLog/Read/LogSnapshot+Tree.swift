public import Events

extension LogSnapshot: MerkleNodes {
    func leaf(_ index: UInt64) throws -> SHA256Hash {
        let position = LogPosition(index)
        guard let header = try header(at: position) else { throw LogError.damaged("it is missing", at: position) }
        return header.leafHash
    }

    func stored(_ key: TreeNodeKey) throws -> SHA256Hash {
        guard let node = try node(key) else {
            let position = LogPosition(key.leaves.lowerBound)
            throw LogError.damaged("the tree node of level \(key.level) over it is missing", at: position)
        }
        return node
    }
}

extension LogSnapshot {
    /// The root of the Merkle tree (RFC 6962) over the first `size` events, or all.
    public func root(size: UInt64? = nil) throws -> SHA256Hash {
        var hasher = SHA256Hasher()
        return try root(start: 0, count: try checked(size ?? count), hasher: &hasher)
    }

    /// The number of events and the root over them.
    public var treeHead: TreeHead {
        get throws { TreeHead(size: count, root: try root()) }
    }

    /// Proof that the event at `position` is in the tree over the first `size` events: RFC 6962, section 2.1.1.
    public func inclusionProof(of position: LogPosition, size: UInt64) throws -> [SHA256Hash] {
        guard position.rawValue < size else {
            throw LogError(.outOfRange, "it is not among the first \(size) events", at: position)
        }
        var hasher = SHA256Hasher()
        return try inclusionProof(of: position.rawValue, size: try checked(size), hasher: &hasher)
    }

    /// Proof that the log of the first `old` events is a prefix of that of the first `size`: RFC 6962, section 2.1.2.
    public func consistencyProof(from old: UInt64, to size: UInt64) throws -> [SHA256Hash] {
        guard old <= size else {
            throw LogError(.outOfRange, "a log of \(old) events is no prefix of one of \(size)")
        }
        var hasher = SHA256Hasher()
        return try consistencyProof(from: old, to: try checked(size), hasher: &hasher)
    }

    private func checked(_ size: UInt64) throws -> UInt64 {
        guard size <= count else { throw LogError(.outOfRange, "it has \(count) events, not \(size)") }
        return size
    }
}
