import CLMDB
import Synchronization

/// A snapshot that outlives a call, for streams and for answers in several steps. It ends with its last reference.
///
/// While it lives no page that it sees is used again, so the file grows with every change: give it an age limit.
public final class Snapshot: Sendable {
    // A transaction may move between threads (`MDB_NOTLS`) but serves one at a time.
    private let transaction: Mutex<ReadTransaction>

    /// The number of the last transaction that it sees.
    public let id: UInt64

    init(_ environment: Environment) throws(LMDBError) {
        let begun = try ReadTransaction(environment)
        id = begun.id
        transaction = Mutex(begun)
    }

    /// Runs `body` over the snapshot; one caller at a time.
    public func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try transaction.withLock { transaction in try body(transaction) }
    }
}
