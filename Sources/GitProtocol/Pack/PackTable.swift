/// What is known of each object of a pack, in columns, in pack order. Bases that a thin pack leaves out get rows
/// behind those of the pack, so that every delta has a row as its base.
struct PackTable: Sendable {
    /// How an object lies in the pack.
    enum Storage: UInt8, Sendable {
        case whole
        case offsetDelta
        case referenceDelta
        /// Not in the pack: the base of a thin pack's delta.
        case external
    }

    static let noBase = UInt32.max

    private(set) var offsets: [UInt64] = []
    private(set) var headerBytes: [UInt8] = []
    private(set) var storages: [Storage] = []
    /// Length of what zlib expands to: the object, or the delta.
    private(set) var inflatedBytes: [UInt64] = []
    /// Length of the object.
    var sizes: [UInt64] = []
    /// The base's row; `noBase` for whole objects and while a reference delta's base is not found.
    var bases: [UInt32] = []
    /// Nil for deltas that are not resolved yet.
    var kinds: [ObjectKind?] = []
    /// `ObjectID.zero` for deltas that are not resolved yet.
    var ids: [ObjectID] = []
    /// Rows of reference deltas and the ids of their bases, in pack order.
    private(set) var references: [(base: ObjectID, row: Int)] = []

    var count: Int { offsets.count }

    mutating func reserve(_ rows: Int) {
        offsets.reserveCapacity(rows)
        headerBytes.reserveCapacity(rows)
        storages.reserveCapacity(rows)
        inflatedBytes.reserveCapacity(rows)
        sizes.reserveCapacity(rows)
        bases.reserveCapacity(rows)
        kinds.reserveCapacity(rows)
        ids.reserveCapacity(rows)
    }

    private mutating func append(
        offset: UInt64, headerBytes headerLength: Int, storage: Storage, inflated: UInt64, size: UInt64, base: UInt32,
        kind: ObjectKind?, id: ObjectID
    ) {
        offsets.append(offset)
        headerBytes.append(UInt8(headerLength))
        storages.append(storage)
        inflatedBytes.append(inflated)
        sizes.append(size)
        bases.append(base)
        kinds.append(kind)
        ids.append(id)
    }

    mutating func appendWhole(offset: UInt64, headerBytes: Int, kind: ObjectKind, size: UInt64, id: ObjectID) {
        append(
            offset: offset, headerBytes: headerBytes, storage: .whole, inflated: size, size: size, base: Self.noBase,
            kind: kind, id: id)
    }

    mutating func appendDelta(offset: UInt64, headerBytes: Int, inflated: UInt64, size: UInt64, base: Int) {
        append(
            offset: offset, headerBytes: headerBytes, storage: .offsetDelta, inflated: inflated, size: size,
            base: UInt32(base), kind: nil, id: .zero)
    }

    mutating func appendDelta(offset: UInt64, headerBytes: Int, inflated: UInt64, size: UInt64, base: ObjectID) {
        references.append((base, count))
        append(
            offset: offset, headerBytes: headerBytes, storage: .referenceDelta, inflated: inflated, size: size,
            base: Self.noBase, kind: nil, id: .zero)
    }

    mutating func appendExternal(id: ObjectID, kind: ObjectKind, size: UInt64) {
        append(
            offset: 0, headerBytes: 0, storage: .external, inflated: size, size: size, base: Self.noBase, kind: kind,
            id: id)
    }

    /// The row of the object that begins at an offset. Rows are in the order of offsets.
    func row(atOffset offset: UInt64) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < count && offsets[low] == offset ? low : nil
    }
}
