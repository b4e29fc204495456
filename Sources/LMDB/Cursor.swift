import CLMDB

/// A place in a database, moved from entry to entry in the order of the keys. Lives inside its transaction.
public struct Cursor: ~Copyable, ~Escapable {
    private let handle: OpaquePointer

    @_lifetime(immortal)
    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { mdb_cursor_close(handle) }

    /// The first entry.
    @_lifetime(copy self)
    public mutating func first() throws(LMDBError) -> Entry? { try move(MDB_FIRST) }

    /// The last entry.
    @_lifetime(copy self)
    public mutating func last() throws(LMDBError) -> Entry? { try move(MDB_LAST) }

    /// The entry after the one it is at; the first one, where it is at none.
    @_lifetime(copy self)
    public mutating func next() throws(LMDBError) -> Entry? { try move(MDB_NEXT) }

    /// The entry before the one it is at; the last one, where it is at none.
    @_lifetime(copy self)
    public mutating func previous() throws(LMDBError) -> Entry? { try move(MDB_PREV) }

    /// The first entry whose key is not below `key`.
    @_lifetime(copy self)
    public mutating func seek(_ key: RawSpan) throws(LMDBError) -> Entry? {
        try entry(key.withUnsafeBytes { find(MDB_SET_RANGE, $0) })
    }

    /// The first entry whose key is not below `key`.
    @_lifetime(copy self)
    public mutating func seek(_ key: [UInt8]) throws(LMDBError) -> Entry? {
        try entry(key.withUnsafeBytes { find(MDB_SET_RANGE, $0) })
    }

    /// The first entry whose key is not below `key` as eight big-endian bytes.
    @_lifetime(copy self)
    public mutating func seek(_ key: UInt64) throws(LMDBError) -> Entry? {
        try entry(withUnsafeBytes(of: key.bigEndian) { find(MDB_SET_RANGE, $0) })
    }

    /// Removes the entry it is at, which has to belong to a write transaction.
    mutating func deleteCurrent() throws(LMDBError) {
        try check("mdb_cursor_del", mdb_cursor_del(handle, 0))
    }

    @_lifetime(copy self)
    private mutating func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Entry? {
        try entry(find(operation, UnsafeRawBufferPointer(start: nil, count: 0)))
    }

    private struct Found {
        let status: Int32
        let key: MDB_val
        let value: MDB_val
    }

    private func find(_ operation: MDB_cursor_op, _ key: UnsafeRawBufferPointer) -> Found {
        var key = MDB_val(key)
        var value = MDB_val()
        let status = mdb_cursor_get(handle, &key, &value, operation)
        return Found(status: status, key: key, value: value)
    }

    @_lifetime(copy self)
    private func entry(_ found: Found) throws(LMDBError) -> Entry? {
        if found.status == MDB_NOTFOUND { return nil }
        try check("mdb_cursor_get", found.status)
        return _overrideLifetime(Entry(found.key, found.value), copying: self)
    }
}

/// A key and its value, in the mapped file.
public struct Entry: ~Escapable {
    public let key: RawSpan
    public let value: RawSpan

    @_lifetime(immortal)
    init(_ key: MDB_val, _ value: MDB_val) {
        self.key = key.unsafeSpan
        self.value = value.unsafeSpan
    }

    /// Whether the key begins with `prefix`.
    public func hasPrefix(_ prefix: [UInt8]) -> Bool {
        guard prefix.count <= key.byteCount else { return false }
        return key.withUnsafeBytes { $0.starts(with: prefix) }
    }
}
