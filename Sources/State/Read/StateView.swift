public import Events
import LMDB
public import Projections

/// A transaction that somebody else ends.
struct BorrowedTransaction: Readable {
    let handle: TransactionHandle
}

/// The state at one moment, for the length of a closure.
public struct StateView: ~Copyable {
    let transaction: BorrowedTransaction
    let tables: StateTables

    // The optimiser of Swift 6.3 fails where it inlines the making of a move-only value that is only lent.
    @inline(never)
    init(transaction: BorrowedTransaction, tables: StateTables) {
        self.transaction = transaction
        self.tables = tables
    }

    /// How many events are folded: those at the positions below it.
    public var count: UInt64 {
        get throws { try StateDescription(transaction, tables.meta)?.count ?? 0 }
    }

    /// The last event that is folded.
    public var lastPosition: LogPosition? {
        get throws {
            let count = try count
            return count == 0 ? nil : LogPosition(count - 1)
        }
    }

    /// The digest of each projection for each tenant, in a fixed order; those without rows are left out.
    public func digests() throws -> [DigestEntry] {
        var ledger = try tables.ledger(transaction)
        return ledger.digestEntries()
    }

    public func stateDigest() throws -> SHA256Hash { try digests().stateDigest }

    /// All rows of a table in the order of their keys, until `body` says false.
    public func forEachRow(_ table: Table, _ body: (_ key: RawSpan, _ row: RawSpan) throws -> Bool) throws {
        try transaction.forEach(tables[table], body)
    }

    /// The number of rows. Constant time.
    public func rowCount(_ table: Table) throws -> Int { try transaction.count(tables[table]) }

    // MARK: For the getters

    /// The row of `key`, decoded.
    func row<R>(
        _ table: Table, _ key: [UInt8], _ decode: (_ key: RawSpan, _ row: RawSpan) throws(DecodingFailure) -> R
    ) throws -> R? {
        guard let row = try transaction.get(tables[table], key) else { return nil }
        return try Self.decoded(table, key.span.bytes, row, decode)
    }

    /// The rows whose keys begin with `prefix`, decoded, until `body` says false.
    func forEach<R>(
        _ table: Table, prefix: [UInt8] = [],
        _ decode: (_ key: RawSpan, _ row: RawSpan) throws(DecodingFailure) -> R, _ body: (R) throws -> Bool
    ) throws {
        try transaction.forEach(tables[table], prefix: prefix) { key, row in
            try body(try Self.decoded(table, key, row, decode))
        }
    }

    func all<R>(
        _ table: Table, prefix: [UInt8] = [],
        _ decode: (_ key: RawSpan, _ row: RawSpan) throws(DecodingFailure) -> R
    ) throws -> [R] {
        var rows: [R] = []
        try forEach(table, prefix: prefix, decode) {
            rows.append($0)
            return true
        }
        return rows
    }

    /// The row with the greatest key that is `prefix` and a position of at most `position`, decoded.
    func last<R>(
        _ table: Table, prefix: [UInt8], atMost position: LogPosition?,
        _ decode: (_ key: RawSpan, _ row: RawSpan) throws(DecodingFailure) -> R
    ) throws -> R? {
        var bound = prefix
        bound.append(bigEndian: position?.rawValue ?? .max)
        var cursor = try transaction.cursor(tables[table])
        var found = try cursor.seek(bound)
        if let entry = found {
            let isExact = entry.key.byteCount == bound.count && entry.hasPrefix(bound)
            if !isExact { found = try cursor.previous() }
        } else {
            found = try cursor.last()
        }
        guard let entry = found, entry.key.byteCount == bound.count, entry.hasPrefix(prefix) else { return nil }
        return try Self.decoded(table, entry.key, entry.value, decode)
    }

    static func decoded<R>(
        _ table: Table, _ key: RawSpan, _ row: RawSpan,
        _ decode: (_ key: RawSpan, _ row: RawSpan) throws(DecodingFailure) -> R
    ) throws(StateError) -> R {
        do {
            return try decode(key, row)
        } catch {
            throw StateError.damaged(table.name, error)
        }
    }

    /// Big-endian key of eight bytes.
    static func key(_ value: UInt64) -> [UInt8] {
        var key: [UInt8] = []
        key.append(bigEndian: value)
        return key
    }
}

/// The state at one moment, for as long as somebody refers to it. Serves one caller at a time.
public final class StateSnapshot: Sendable {
    private let snapshot: Snapshot
    private let tables: StateTables

    init(snapshot: Snapshot, tables: StateTables) {
        self.snapshot = snapshot
        self.tables = tables
    }

    /// Runs `body` over it.
    public func read<R>(_ body: (borrowing StateView) throws -> R) throws -> R {
        try snapshot.read { transaction in
            try body(StateView(transaction: BorrowedTransaction(handle: transaction.handle), tables: tables))
        }
    }
}
