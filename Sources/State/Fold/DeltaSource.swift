import Projections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Deltas of one table, sorted by key, and of one key in the order of the log. The bytes stay where they are while the
/// source is in use, so a key may be held on to while the source moves on.
protocol DeltaSource {
    /// Whether there is a delta here.
    var isAtEnd: Bool { get }
    var key: UnsafeRawBufferPointer { get }
    var delta: UnsafeRawBufferPointer { get }
    /// See `Deltas.interval`. Does not decrease within a key.
    var interval: UInt16 { get }
    /// See `Deltas.sequence`. Does not decrease within a key.
    var sequence: UInt32 { get }
    mutating func advance() throws(StateError)
}

/// Orders byte strings as LMDB does: bytes first, then the shorter one.
@inline(__always)
func compareKeys(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let common = min(left.count, right.count)
    if common > 0, let leftBase = left.baseAddress, let rightBase = right.baseAddress {
        let order = memcmp(leftBase, rightBase, common)
        if order != 0 { return Int(order) }
    }
    return left.count - right.count
}

/// The deltas of an arena in memory.
struct ArenaSource: DeltaSource {
    private let bytes: UnsafeRawBufferPointer
    private let entries: [DeltaArena.Entry]
    private let order: [SortItem]
    private var index = 0

    private struct SortItem {
        /// The first bytes after those that all keys share.
        let prefix: UInt64
        let index: UInt32
    }

    /// - Parameter bytes: those of the arena, valid while the source is in use.
    init(_ arena: DeltaArena, _ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        entries = arena.entries
        order = Self.sort(arena.entries, bytes)
    }

    var isAtEnd: Bool { index == order.count }

    var key: UnsafeRawBufferPointer { Self.key(entries[Int(order[index].index)], bytes) }

    var delta: UnsafeRawBufferPointer {
        let entry = entries[Int(order[index].index)]
        let start = Int(entry.offset) + Int(entry.keyByteCount)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(entry.deltaByteCount)])
    }

    var interval: UInt16 { entries[Int(order[index].index)].interval }
    var sequence: UInt32 { entries[Int(order[index].index)].sequence }

    mutating func advance() { index += 1 }

    @inline(__always)
    private static func key(_ entry: DeltaArena.Entry, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = Int(entry.offset)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(entry.keyByteCount)])
    }

    private static func sort(_ entries: [DeltaArena.Entry], _ bytes: UnsafeRawBufferPointer) -> [SortItem] {
        let shared = sharedByteCount(entries, bytes)
        var items: [SortItem] = []
        items.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let key = key(entry, bytes)
            var prefix: UInt64 = 0
            if key.count >= shared + 8 {
                prefix = UInt64(bigEndian: key.loadUnaligned(fromByteOffset: shared, as: UInt64.self))
            } else {
                for offset in 0..<8 {
                    prefix = prefix << 8 | (shared + offset < key.count ? UInt64(key[shared + offset]) : 0)
                }
            }
            items.append(SortItem(prefix: prefix, index: UInt32(index)))
        }
        items.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let order = compareKeys(key(entries[Int(left.index)], bytes), key(entries[Int(right.index)], bytes))
            return order != 0 ? order < 0 : left.index < right.index
        }
        return items
    }

    /// How many bytes all keys begin with in common.
    private static func sharedByteCount(_ entries: [DeltaArena.Entry], _ bytes: UnsafeRawBufferPointer) -> Int {
        guard let first = entries.first else { return 0 }
        let reference = key(first, bytes)
        var shared = reference.count
        for entry in entries where shared > 0 {
            let key = key(entry, bytes)
            shared = min(shared, key.count)
            var common = 0
            while common < shared, reference[common] == key[common] { common += 1 }
            shared = common
        }
        return shared
    }
}
