import CLMDB

/// A snapshot of an environment. It keeps the pages it sees from being used again, so it should be short.
public struct ReadTransaction: ~Copyable, Readable, @unchecked Sendable {
    // Sendable: with `MDB_NOTLS` it belongs to no thread, and being move-only it is used in one place at a time as long
    // as whoever shares a borrow of it between threads holds a lock.
    public let handle: TransactionHandle
    // Keeps the environment open.
    private let environment: Environment

    init(_ environment: Environment) throws(LMDBError) {
        self.environment = environment
        handle = TransactionHandle(pointer: try environment.beginTransaction(UInt32(MDB_RDONLY)))
    }

    deinit {
        mdb_txn_abort(handle.pointer)
        environment.gate.leave()
    }

    /// The number of the last transaction that it sees.
    public var id: UInt64 { UInt64(mdb_txn_id(handle.pointer)) }
}
