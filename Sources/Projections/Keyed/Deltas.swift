/// Deltas by table, in the order in which events wrote them.
public struct Deltas: Sendable {
    /// By ``Table/index``. Empty for ``Table/Rule/sum`` tables.
    public private(set) var arenas: [DeltaArena]
    /// What is added to the rows of ``Table/Rule/sum`` tables. Addition commutes, so nothing has to be sorted.
    public private(set) var sums: [SumKey: Counters] = [:]
    /// Which part of the log what is added comes from, where it is divided, so that digests can be told at more than its end.
    public var interval: UInt16 = 0
    /// The order of what is added, where several threads route parts of the log in turn.
    public var sequence: UInt32 = 0

    public init() {
        arenas = Table.allCases.map { _ in DeltaArena() }
    }

    /// A row of a ``Table/Rule/sum`` table.
    public struct SumKey: Hashable, Comparable, Sendable {
        public let table: Table
        /// The tenant or the domain.
        public let key: UInt32
        /// See ``Deltas/interval``.
        public let interval: UInt16

        public init(table: Table, key: UInt32, interval: UInt16) {
            self.table = table
            self.key = key
            self.interval = interval
        }

        public static func < (left: Self, right: Self) -> Bool {
            (left.table.rawValue, left.key, left.interval) < (right.table.rawValue, right.key, right.interval)
        }

        /// The key in the table.
        public var bytes: [UInt8] {
            var bytes: [UInt8] = []
            bytes.put(key)
            return bytes
        }
    }

    /// Bytes of keys and deltas.
    public var byteCount: Int { arenas.reduce(0) { $0 + $1.bytes.count } }

    /// Bytes taken in memory, those that are kept for later included.
    public var memoryByteCount: Int { arenas.reduce(0) { $0 + $1.memoryByteCount } }

    /// Adds a delta to a key of a table, both written by closures straight to where they stay.
    @inline(__always)
    public mutating func add(_ table: Table, key: (inout [UInt8]) -> Void, delta: (inout [UInt8]) -> Void) {
        arenas[table.index].add(interval: interval, sequence: sequence, key: key, delta: delta)
    }

    public mutating func add(_ table: Table, key: UInt32, _ counters: Counters) {
        add(counters, to: SumKey(table: table, key: key, interval: interval))
    }

    public mutating func add(_ counters: Counters, to sum: SumKey) {
        sums[sum, default: .zero].add(counters)
    }

    /// Forgets the deltas and keeps the memory.
    public mutating func removeAll() {
        for index in arenas.indices { arenas[index].removeAll() }
        sums.removeAll(keepingCapacity: true)
    }

    /// Forgets the deltas of one table, and its memory too.
    public mutating func release(_ table: Table) { arenas[table.index] = DeltaArena() }
}

/// The deltas of one table, end to end in one buffer.
public struct DeltaArena: Sendable {
    /// Where a key and, after it, its delta stand.
    public struct Entry: Sendable {
        public let offset: UInt32
        public let keyByteCount: UInt16
        /// See ``Deltas/interval``.
        public let interval: UInt16
        public let deltaByteCount: UInt32
        /// See ``Deltas/sequence``.
        public let sequence: UInt32
    }

    public private(set) var bytes: [UInt8] = []
    public private(set) var entries: [Entry] = []

    public init() {}

    /// Limit of the bytes of one arena, since offsets have 32 bits.
    public static let maximumByteCount = Int(UInt32.max) - (1 << 20)

    /// Bytes taken in memory.
    public var memoryByteCount: Int { bytes.capacity + entries.capacity * MemoryLayout<Entry>.stride }

    @inline(__always)
    mutating func add(
        interval: UInt16, sequence: UInt32, key: (inout [UInt8]) -> Void, delta: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        key(&bytes)
        let keyEnd = bytes.count
        delta(&bytes)
        precondition(bytes.count < Self.maximumByteCount, "deltas have to be folded or spilled before 4 GiB")
        entries.append(
            Entry(
                offset: UInt32(start), keyByteCount: UInt16(keyEnd - start), interval: interval,
                deltaByteCount: UInt32(bytes.count - keyEnd), sequence: sequence))
    }

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }
}

/// Four sums, modulo 2^64.
public struct Counters: Sendable, Equatable {
    public var values: SIMD4<UInt64>

    public static let zero = Counters(0)
    /// Length of a row in bytes.
    public static let byteCount = 32

    public init(_ first: UInt64, _ second: UInt64 = 0, _ third: UInt64 = 0, _ fourth: UInt64 = 0) {
        values = SIMD4(first, second, third, fourth)
    }

    public init(_ row: RawSpan) {
        values = .zero
        for index in 0..<min(4, row.byteCount / 8) {
            values[index] = UInt64(
                bigEndian: row.unsafeLoadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
    }

    public var isZero: Bool { self == .zero }

    public mutating func add(_ other: Counters) { values &+= other.values }
    public mutating func subtract(_ other: Counters) { values &-= other.values }

    /// The row.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<4 { bytes.put(values[index]) }
        return bytes
    }
}

/// What derived tables say of a row.
public struct Derivation {
    /// Deltas of derived tables.
    public var deltas: Deltas
    /// Whether what is written takes back what the row was the reason of.
    public var isRemoval = false

    public init() { deltas = Deltas() }

    /// An entry of an index with the row `row`.
    mutating func entry(_ table: Table, tenant: UInt32, key: (inout [UInt8]) -> Void) {
        let isRemoval = isRemoval
        deltas.add(table, key: key) { delta in
            delta.append(isRemoval ? 0 : 1)
            if !isRemoval { delta.put(tenant) }
        }
    }

    /// The row's part of a sum.
    mutating func sum(_ table: Table, key: UInt32, _ counters: Counters) {
        var signed = Counters.zero
        if isRemoval { signed.subtract(counters) } else { signed = counters }
        deltas.add(table, key: key, signed)
    }
}
