import Events

/// Names a stored node of the Merkle tree: the root over a complete group of 256, 65,536, … leaves.
///
/// | offset | size | field of the key in the database `tree` |
/// |---|---|---|
/// | 0 | 1 | level: 1 for 256 leaves, 2 for 65,536, … |
/// | 1 | 8 | index among the nodes of the level, big-endian |
///
/// The value is the node's 32 bytes.
struct TreeNodeKey: Sendable, Hashable {
    let level: Int
    let index: UInt64

    static let byteCount = 9
    /// Binary levels of the tree in one stored level: 2^8 = 256.
    static let groupHeight = 8
    /// A 64-bit position has seven complete groups above it at most.
    static let maximumLevel = 7

    init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// Nil where the bytes are no key of a node.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount else { return nil }
        level = Int(bytes.unsafeLoad(as: UInt8.self))
        index = UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt64.self))
        guard (1...Self.maximumLevel).contains(level) else { return nil }
    }

    var bytes: [UInt8] {
        var bytes = [UInt8(level)]
        bytes.append(bigEndian: index)
        return bytes
    }

    /// The leaves under the node. Beyond the log where the index is.
    var leaves: Range<UInt64> {
        let height = level * Self.groupHeight
        return index << height..<(index + 1) << height
    }
}
