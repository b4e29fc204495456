import CLMDB

extension Environment {
    /// Runs `body` over a snapshot of the environment. May be called by any number of threads, and inside `write`
    /// (it then sees what was committed before).
    public func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let transaction = try ReadTransaction(self)
        return try body(transaction)
    }

    /// Runs `body` in a write transaction, waiting for that of another thread or process. What it did is committed (and on the
    /// device, in a synchronous environment) when this returns, and undone where it throws.
    ///
    /// Where the map is full it is grown, and `body` runs again: it has to begin from nothing each time. Begins and ends in one
    /// call on one thread, as LMDB demands; a `write` inside a `write` waits for itself for ever.
    public func write<R>(_ body: (inout WriteTransaction) throws -> R) throws -> R {
        var attempts = 1
        while true {
            let size = info.mapSizeBytes
            do {
                return try writeOnce(body)
            } catch let error as LMDBError {
                guard error.code == .mapFull, attempts < GrowthLimits.attempts else { throw error }
            }
            attempts += 1
            try grow(beyond: size)
        }
    }

    /// The same for a `body` that cannot run twice: where the map is full it throws. See ``makeRoom(bytes:)``.
    public func writeOnce<R>(_ body: (inout WriteTransaction) throws -> R) throws -> R {
        var transaction = WriteTransaction(try beginTransaction(0), gate)
        let result = try body(&transaction)
        do {
            try transaction.commit()
        } catch {
            throw LMDBError(code: error.code, call: error.call, path: path)
        }
        return result
    }

    /// A snapshot that its owner ends by letting go of it.
    public func beginRead() throws(LMDBError) -> ReadTransaction { try ReadTransaction(self) }

    /// A snapshot that is held until its last reference goes, for what reads in several steps.
    public func snapshot() throws(LMDBError) -> Snapshot {
        try Snapshot(self)
    }
}
