public import Events

/// That one record stands at its place in the log of a certain size (RFC 6962, section 2.1.1).
public struct InclusionProof: Sendable, Equatable {
    public let position: LogPosition
    public let leafHash: SHA256Hash
    /// The log that it is proven against.
    public let head: TreeHead
    /// Hashes from the leaf's sibling up to the child of the root.
    public let path: [SHA256Hash]

    public init(position: LogPosition, leafHash: SHA256Hash, head: TreeHead, path: [SHA256Hash]) {
        self.position = position
        self.leafHash = leafHash
        self.head = head
        self.path = path
    }

    /// Whether it proves that.
    public var isValid: Bool { head.includes(leafHash, at: position, proof: path) }

    /// The fields that a verifier needs.
    public var json: [(String, JSONValue)] {
        [
            ("position", .uint(position.rawValue)), ("leafHash", .hash(leafHash)), ("size", .uint(head.size)),
            ("root", .hash(head.root)), ("path", .array(path.map { .hash($0) })),
        ]
    }

    /// The proof and the checkpoint that signs its head, in the form of C2SP tlog-proof: text for a file `*.tlog-proof`.
    ///
    /// - Parameters:
    ///   - checkpoint: of `head`.
    ///   - record: the record's bytes as extra data, from which the leaf hash follows; nil leaves them out.
    public func text(with checkpoint: LogCheckpoint, record: [UInt8]? = nil) -> String {
        var text = "c2sp.org/tlog-proof@v1\n"
        if let record { text += "extra \(Base64.encode(record))\n" }
        text += "index \(position.rawValue)\n"
        for hash in path { text += Base64.encode(hash.bytes) + "\n" }
        return text + "\n" + checkpoint.description
    }
}

/// That the log at one size is a prefix of the log at another (RFC 6962, section 2.1.2).
public struct ConsistencyProof: Sendable, Equatable {
    public let old: TreeHead
    public let new: TreeHead
    public let path: [SHA256Hash]

    public init(old: TreeHead, new: TreeHead, path: [SHA256Hash]) {
        self.old = old
        self.new = new
        self.path = path
    }

    /// Whether it proves that.
    public var isValid: Bool { new.extends(old, proof: path) }

    /// The fields that a verifier needs.
    public var json: [(String, JSONValue)] {
        [
            ("from", .uint(old.size)), ("fromRoot", .hash(old.root)), ("to", .uint(new.size)),
            ("toRoot", .hash(new.root)), ("path", .array(path.map { .hash($0) })),
        ]
    }

    /// The proof and the newer checkpoint in the form in which a witness takes them (C2SP tlog-witness, `add-checkpoint`).
    public func text(with checkpoint: LogCheckpoint) -> String {
        var text = "old \(old.size)\n"
        for hash in path { text += Base64.encode(hash.bytes) + "\n" }
        return text + "\n" + checkpoint.description
    }
}

extension EventLog {
    /// Proof that the event at `position` is among the first `size`. Reads O(log n) stored nodes, and 255 leaves a level at most.
    ///
    /// - Throws: `LogError` with the code `outOfRange` or `damaged`.
    public func inclusionProof(of position: LogPosition, in size: UInt64) throws -> InclusionProof {
        try read { snapshot in
            let path = try snapshot.inclusionProof(of: position, size: size)
            return InclusionProof(
                position: position, leafHash: try snapshot.leaf(position.rawValue),
                head: TreeHead(size: size, root: try snapshot.root(size: size)), path: path)
        }
    }

    /// Proof that the log of the first `old` events is a prefix of that of the first `size`.
    ///
    /// - Throws: `LogError` with the code `outOfRange` or `damaged`.
    public func consistencyProof(from old: UInt64, to size: UInt64) throws -> ConsistencyProof {
        try read { snapshot in
            let path = try snapshot.consistencyProof(from: old, to: size)
            return ConsistencyProof(
                old: TreeHead(size: old, root: try snapshot.root(size: old)),
                new: TreeHead(size: size, root: try snapshot.root(size: size)), path: path)
        }
    }

    /// The number of events and the root over them.
    public var treeHead: TreeHead {
        get throws { try read { try $0.treeHead } }
    }

    /// The bytes of the record at `position`.
    ///
    /// - Throws: `LogError` with the code `outOfRange` where there is none.
    public func record(at position: LogPosition) throws -> [UInt8] {
        try read { snapshot in
            guard let record = try snapshot.record(at: position) else {
                throw LogError(.outOfRange, "there is none", at: position)
            }
            return record.withUnsafeBytes { Array($0) }
        }
    }
}
