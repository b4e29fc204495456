import CLMDB

/// A snapshot of an environment for the length of a closure. It keeps the pages it sees from being used again, so it should be short.
public struct ReadTransaction: ~Copyable, Readable {
    public let handle: TransactionHandle

    init(_ pointer: OpaquePointer) { handle = TransactionHandle(pointer: pointer) }

    deinit { mdb_txn_abort(handle.pointer) }

    /// The number of the last transaction that it sees.
    public var id: UInt64 { UInt64(mdb_txn_id(handle.pointer)) }
}
