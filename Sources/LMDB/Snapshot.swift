import CLMDB
import Synchronization

/// A snapshot that outlives a call, for streams and for answers in several steps. It ends with its last reference.
///
/// While it lives no page that it sees is used again, so the file grows with every change: give it an age limit.
public final class Snapshot: Sendable {
    // A transaction may move between threads (`MDB_NOTLS`) but serves one at a time.
    private let transaction: Mutex<Held>
    private let environment: Environment

    private struct Held: ~Copyable, @unchecked Sendable {
        let transaction: ReadTransaction
    }

    /// The number of the last transaction that it sees.
    public let id: UInt64

    init(_ environment: Environment) throws(LMDBError) {
        self.environment = environment
        let begun = ReadTransaction(try environment.beginTransaction(UInt32(MDB_RDONLY)))
        id = begun.id
        transaction = Mutex(Held(transaction: begun))
    }

    /// Runs `body` over the snapshot; one caller at a time.
    public func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try withoutActuallyEscaping(body) { body in
            try transaction.withLock { held in try body(held.transaction) }
        }
    }
}
