import CLMDB

/// A transaction, as the calls of this module pass it around.
public struct TransactionHandle {
    let pointer: OpaquePointer
}

/// What read and write transactions have in common. The bytes that it gives lie in the mapped file: they are valid while the
/// transaction is, and until the next change where it is a write transaction; the compiler holds callers to both.
public protocol Readable: ~Copyable {
    var handle: TransactionHandle { get }
}

extension Readable where Self: ~Copyable {
    /// The value of `key`, or nil.
    @_lifetime(borrow self)
    public func get(_ database: Database, _ key: RawSpan) throws(LMDBError) -> RawSpan? {
        try value(key.withUnsafeBytes { find(database, $0) })
    }

    /// The value of `key`, or nil.
    @_lifetime(borrow self)
    public func get(_ database: Database, _ key: [UInt8]) throws(LMDBError) -> RawSpan? {
        try value(key.withUnsafeBytes { find(database, $0) })
    }

    /// The value of the key that is `key` as eight big-endian bytes, or nil.
    @_lifetime(borrow self)
    public func get(_ database: Database, _ key: UInt64) throws(LMDBError) -> RawSpan? {
        try value(withUnsafeBytes(of: key.bigEndian) { find(database, $0) })
    }

    private func find(_ database: Database, _ key: UnsafeRawBufferPointer) -> (status: Int32, value: MDB_val) {
        var key = MDB_val(key)
        var value = MDB_val()
        let status = mdb_get(handle.pointer, database.handle, &key, &value)
        return (status, value)
    }

    @_lifetime(borrow self)
    private func value(_ found: (status: Int32, value: MDB_val)) throws(LMDBError) -> RawSpan? {
        if found.status == MDB_NOTFOUND { return nil }
        try check("mdb_get", found.status)
        return _overrideLifetime(found.value.unsafeSpan, borrowing: self)
    }

    /// Whether `key` has a value.
    public func contains(_ database: Database, _ key: [UInt8]) throws(LMDBError) -> Bool {
        try get(database, key) != nil
    }

    /// How many entries the database has. Constant time.
    public func count(_ database: Database) throws(LMDBError) -> Int {
        var statistics = MDB_stat()
        try check("mdb_stat", mdb_stat(handle.pointer, database.handle, &statistics))
        return statistics.ms_entries
    }

    /// A cursor over the entries of the database, at none of them yet.
    @_lifetime(borrow self)
    public func cursor(_ database: Database) throws(LMDBError) -> Cursor {
        var cursor: OpaquePointer?
        try check("mdb_cursor_open", mdb_cursor_open(handle.pointer, database.handle, &cursor))
        guard let cursor else { throw LMDBError(code: .panic, call: "mdb_cursor_open") }
        return _overrideLifetime(Cursor(cursor), borrowing: self)
    }

    /// Calls `body` for each entry whose key begins with `prefix`, in the order of the keys, until it says false.
    ///
    /// - Parameter start: begins at the first key that is not below it; the prefix itself where nil.
    public func forEach(
        _ database: Database, prefix: [UInt8] = [], from start: [UInt8]? = nil,
        _ body: (_ key: RawSpan, _ value: RawSpan) throws -> Bool
    ) throws {
        var cursor = try cursor(database)
        let start = start ?? prefix
        var isFirst = true
        while true {
            let entry = isFirst ? (start.isEmpty ? try cursor.first() : try cursor.seek(start)) : try cursor.next()
            isFirst = false
            guard let entry, entry.hasPrefix(prefix), try body(entry.key, entry.value) else { return }
        }
    }
}

extension MDB_val {
    /// LMDB only reads through the pointer: it does not change a key or a value that it is given.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    /// The bytes, with a lifetime that the caller has to narrow.
    var unsafeSpan: RawSpan {
        @_lifetime(immortal)
        get {
            let span = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: mv_data, count: mv_size))
            return _overrideLifetime(span, borrowing: ())
        }
    }
}
