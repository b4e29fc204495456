public import Events

/// What of a row is hashed: table name ‖ 0 ‖ length of the key ‖ length of the row (four bytes big-endian each) ‖ key ‖ row,
/// where key and row are those that the projection gives for it. Reused from row to row.
public struct DigestForm {
    /// The message to hash.
    public private(set) var bytes: [UInt8] = []
    /// Whose digest the row belongs to.
    public private(set) var tenant = TenantID.none
    /// Whether the row is digested at all.
    public private(set) var isDigested = true

    public init() {}

    /// Writes the form of one row.
    public mutating func write(_ table: Table, key: RawSpan, row: RawSpan) {
        bytes.removeAll(keepingCapacity: true)
        isDigested = true
        bytes.append(contentsOf: Self.names[table.index])
        let tenantBytes = table.rule == .sum ? key : row
        tenant = tenantBytes.byteCount >= 4 ? TenantID(tenantBytes.bigEndian32(at: 0)) : .none
        AllProjections.byTable[table.index].digest(table, key: key, row: row, into: &self)
    }

    private static let names: [[UInt8]] = Table.allCases.map { Array($0.name.utf8) + [0] }

    /// Leaves the row out: which rows there are depends on sealed plaintext.
    mutating func skip() { isDigested = false }

    mutating func write(key: RawSpan, row: RawSpan) {
        bytes.put(UInt32(key.byteCount))
        bytes.put(UInt32(row.byteCount))
        bytes.put(key)
        bytes.put(row)
    }
}

/// The digest of one projection for one tenant: the sum modulo 2^256 of the hashes of its rows' forms. It does not depend on the
/// order of the rows, and a changed row costs two hashes.
public struct DigestSum: Sendable, Equatable {
    // Least significant word first.
    private var words: SIMD4<UInt64> = .zero

    public init() {}

    /// The sum that `hash` stands for.
    public init(_ hash: SHA256Hash) { words = Self.words(of: hash) }

    public var isZero: Bool { words == .zero }

    /// The sum as 32 bytes, most significant first.
    public var hash: SHA256Hash {
        var bytes: [UInt8] = []
        for index in (0..<4).reversed() { bytes.put(words[index]) }
        return bytes.withUnsafeBytes { SHA256Hash($0) }
    }

    public mutating func add(_ hash: SHA256Hash) {
        let other = Self.words(of: hash)
        var carry: UInt64 = 0
        for index in 0..<4 {
            let (partial, first) = words[index].addingReportingOverflow(other[index])
            let (sum, second) = partial.addingReportingOverflow(carry)
            words[index] = sum
            carry = first || second ? 1 : 0
        }
    }

    public mutating func subtract(_ hash: SHA256Hash) {
        let other = Self.words(of: hash)
        var borrow: UInt64 = 0
        for index in 0..<4 {
            let (partial, first) = words[index].subtractingReportingOverflow(other[index])
            let (difference, second) = partial.subtractingReportingOverflow(borrow)
            words[index] = difference
            borrow = first || second ? 1 : 0
        }
    }

    private static func words(of hash: SHA256Hash) -> SIMD4<UInt64> {
        hash.withUnsafeBytes { bytes in
            var words = SIMD4<UInt64>.zero
            for index in 0..<4 {
                words[3 - index] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return words
        }
    }
}
