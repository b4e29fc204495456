import CLMDB

/// Changes that are committed together or not at all. Undone unless committed.
public struct WriteTransaction: ~Copyable, Readable {
    private var pointer: OpaquePointer?
    private let gate: TransactionGate

    public var handle: TransactionHandle {
        guard let pointer else { preconditionFailure("a write transaction is used after its commit") }
        return TransactionHandle(pointer: pointer)
    }

    init(_ pointer: OpaquePointer, _ gate: TransactionGate) {
        self.pointer = pointer
        self.gate = gate
    }

    deinit {
        if let pointer {
            mdb_txn_abort(pointer)
            gate.leave()
        }
    }

    /// The number that this transaction will have.
    public var id: UInt64 { UInt64(mdb_txn_id(handle.pointer)) }

    mutating func commit() throws(LMDBError) {
        let pointer = handle.pointer
        // LMDB frees the transaction also where the commit fails.
        self.pointer = nil
        let status = mdb_txn_commit(pointer)
        gate.leave()
        try check("mdb_txn_commit", status)
    }

    /// Sets the value of `key`.
    public mutating func put(_ database: Database, _ key: RawSpan, _ value: RawSpan) throws(LMDBError) {
        try check("mdb_put", store(database, key, value, 0))
    }

    /// Sets the value of `key`.
    public mutating func put(_ database: Database, _ key: [UInt8], _ value: [UInt8]) throws(LMDBError) {
        try put(database, key.span.bytes, value.span.bytes)
    }

    /// Sets the value of `key`, unless it has one.
    ///
    /// - Returns: whether it was set.
    public mutating func insert(_ database: Database, _ key: RawSpan, _ value: RawSpan) throws(LMDBError) -> Bool {
        let status = store(database, key, value, MDB_NOOVERWRITE)
        if status == MDB_KEYEXIST { return false }
        try check("mdb_put", status)
        return true
    }

    /// Sets the value of `key`, unless it has one.
    ///
    /// - Returns: whether it was set.
    public mutating func insert(_ database: Database, _ key: [UInt8], _ value: [UInt8]) throws(LMDBError) -> Bool {
        try insert(database, key.span.bytes, value.span.bytes)
    }

    /// Adds an entry at the end: faster than `put`, and pages are filled.
    ///
    /// - Throws: `LMDBError` with the code `keyExists` where the key is not above every other one.
    public mutating func append(_ database: Database, _ key: RawSpan, _ value: RawSpan) throws(LMDBError) {
        try check("mdb_put", store(database, key, value, MDB_APPEND))
    }

    /// Adds an entry at the end: faster than `put`, and pages are filled.
    ///
    /// - Throws: `LMDBError` with the code `keyExists` where the key is not above every other one.
    public mutating func append(_ database: Database, _ key: [UInt8], _ value: [UInt8]) throws(LMDBError) {
        try append(database, key.span.bytes, value.span.bytes)
    }

    /// Adds an entry at the end, under the key that is `key` as eight big-endian bytes.
    public mutating func append(_ database: Database, _ key: UInt64, _ value: [UInt8]) throws(LMDBError) {
        let status = withUnsafeBytes(of: key.bigEndian) { key in
            value.withUnsafeBytes { value in store(database, key, value, MDB_APPEND) }
        }
        try check("mdb_put", status)
    }

    /// Removes `key`.
    ///
    /// - Returns: whether it was there.
    @discardableResult
    public mutating func delete(_ database: Database, _ key: RawSpan) throws(LMDBError) -> Bool {
        let status = key.withUnsafeBytes { bytes in
            var key = MDB_val(bytes)
            return mdb_del(handle.pointer, database.handle, &key, nil)
        }
        if status == MDB_NOTFOUND { return false }
        try check("mdb_del", status)
        return true
    }

    /// Removes `key`.
    ///
    /// - Returns: whether it was there.
    @discardableResult
    public mutating func delete(_ database: Database, _ key: [UInt8]) throws(LMDBError) -> Bool {
        try delete(database, key.span.bytes)
    }

    /// Removes all entries whose keys begin with `prefix`.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public mutating func deleteAll(_ database: Database, prefix: [UInt8]) throws(LMDBError) -> Int {
        var cursor = try cursor(database)
        var count = 0
        // After a removal the cursor is at the entry that follows, and seeking finds it without a search of the tree.
        while let entry = try cursor.seek(prefix), entry.hasPrefix(prefix) {
            try cursor.deleteCurrent()
            count += 1
        }
        return count
    }

    /// Removes all entries of the database.
    public mutating func clear(_ database: Database) throws(LMDBError) {
        try check("mdb_drop", mdb_drop(handle.pointer, database.handle, 0))
    }

    private func store(_ database: Database, _ key: RawSpan, _ value: RawSpan, _ flags: Int32) -> Int32 {
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in store(database, key, value, flags) }
        }
    }

    private func store(
        _ database: Database, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ flags: Int32
    ) -> Int32 {
        var key = MDB_val(key)
        var value = MDB_val(value)
        return mdb_put(handle.pointer, database.handle, &key, &value, UInt32(flags))
    }
}
