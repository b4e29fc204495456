public import EventLog
public import Events
import LMDB
import Projections
import Synchronization

/// What follows from the log: rows, the digests over them and the position reached, in one transaction. It may be deleted at any
/// time and is then built anew.
///
/// There is one `StateStore` a directory in a process. A writer follows an `EventLogWriter`; readers are snapshots.
public final class StateStore: Sendable {
    /// The environment's directory.
    public let directory: String
    public let mode: StateMode
    let options: StateOptions
    private let current: Mutex<StateTables>
    /// Keeps snapshots from being taken while the rows that they would hold are replaced.
    let snapshotLock = Mutex<Void>(())
    /// One at a time makes them anew.
    let rebuildLock = Mutex<Void>(())
    let log: EventLog
    private let writer: Mutex<Writer>
    /// How it came to be, where it was opened for writing.
    public let opening: StateOpening
    /// At so many events the next snapshot is due.
    let nextSnapshot = Atomic<UInt64>(.max)
    let snapshotSignal = SnapshotSignal()

    /// What one fold leaves for the next.
    struct Writer: ~Copyable, @unchecked Sendable {
        // Sendable: OpenSSL's context in the folder moves between threads with its owner, which a lock guards.
        var description: StateDescription
        var folder: RowFolder
        var deltas = Deltas()
        /// Says in the file that the state is being written, before the first change is.
        var isMarked = false
        /// A fold that failed leaves buffers that no longer match the rows.
        var failure: (any Error)?
    }

    init(
        directory: String, mode: StateMode, options: StateOptions, tables: StateTables, log: EventLog,
        opening: StateOpening = StateOpening(origin: .existing)
    ) throws {
        self.opening = opening
        self.directory = directory
        self.mode = mode
        self.options = options
        current = Mutex(tables)
        self.log = log
        let (description, ledger) = try tables.environment.read { transaction in
            (try StateDescription(transaction, tables.meta) ?? StateDescription(), try tables.ledger(transaction))
        }
        let count = description.count
        writer = Mutex(Writer(description: description, folder: RowFolder(ledger)))
        guard mode == .writer, let snapshots = options.snapshotDirectory else { return }
        plan(after: try SnapshotDirectory(path: snapshots).entries().first?.count ?? 0)
        raiseIfDue(count)
    }

    /// Where the rows are. Another place takes over where they are made anew: whoever needs two of them asks once.
    var tables: StateTables { current.withLock { $0 } }

    /// How many events are folded.
    public var count: UInt64 {
        get throws { try read { try $0.count } }
    }

    /// Whether an earlier version of a projection has folded rows of it. They are read and folded on like others, but digests of
    /// them are those of no version.
    public var isOutdated: Bool { writer.withLock { $0.description.signature != AllProjections.signature } }

    // MARK: Folding

    /// Folds events that have just become durable. Called by the log's writer, one call at a time.
    public func fold(_ batch: CommittedBatch) throws {
        try fold(from: batch.range.lowerBound) { try batch.forEach($0) }
    }

    /// Folds the events of the log that follow, up to `end` and at most `limit` in one transaction.
    ///
    /// - Returns: how many are folded then.
    @discardableResult
    package func catchUp(to end: UInt64, limit: Int? = nil) throws -> UInt64 {
        try log.read { snapshot in
            let start = try count
            let wanted = min(end, snapshot.count, start + UInt64(limit ?? options.catchUpEvents))
            guard start < wanted else { return start }
            // By bytes too, since the pages that a transaction changes stay in memory until it ends.
            var end = start
            var byteCount = 0
            while end < wanted, byteCount < StateLimits.catchUpBytes {
                byteCount += try snapshot.record(at: LogPosition(end))?.byteCount ?? 0
                end += 1
            }
            try fold(from: LogPosition(start)) { body in
                try snapshot.forEach(in: LogPosition(start)..<LogPosition(end), body)
            }
            return end
        }
    }

    /// Folds the events of the log that follow, up to `end`, in as many transactions as it takes.
    package func fold(to end: UInt64) throws {
        while try catchUp(to: end) < end {}
    }

    private func fold(
        from start: LogPosition, _ forEach: ((LogPosition, RawSpan) throws -> Void) throws -> Void
    ) throws {
        guard mode == .writer else { throw StateError(.storage, "it was opened for reading") }
        try withoutActuallyEscaping(forEach) { forEach in
            try writer.withLock { writer in
                if let failure = writer.failure {
                    throw StateError(.storage, "an earlier fold failed; open it again", cause: failure)
                }
                do {
                    try fold(from: start, &writer, forEach)
                } catch {
                    writer.failure = error
                    throw error
                }
            }
        }
    }

    private func fold(
        from start: LogPosition, _ writer: inout Writer,
        _ forEach: ((LogPosition, RawSpan) throws -> Void) throws -> Void
    ) throws {
        guard start.rawValue == writer.description.count else {
            throw StateError(
                .outOfOrder, "event \(start.rawValue) does not follow the \(writer.description.count) folded ones")
        }
        if !writer.isMarked { try mark(&writer) }
        let tables = self.tables
        let live = LiveFold(tables: tables)
        var isRepeated = false
        try tables.environment.write { transaction in
            // It runs again where the map has to be grown: from what is stored, as if nothing had been folded.
            if isRepeated { try reload(&writer, transaction) }
            isRepeated = true
            try forEach { position, record in
                _ = try writer.folder.route(
                    record, at: position, keys: log.keys, into: &writer.deltas)
                writer.description.count = position.rawValue + 1
                writer.description.lastLeaf = record.leafHash
                if writer.deltas.byteCount > StateLimits.foldBytes {
                    try live.apply(&writer.deltas, &writer.folder, &transaction)
                }
            }
            try live.apply(&writer.deltas, &writer.folder, &transaction)
            for (key, sum) in writer.folder.ledgers.takeChanges() {
                try tables.write(sum, key, &transaction)
            }
            try writer.folder.keyUse.write(&transaction, tables.meta)
            try writer.description.write(&transaction, tables.meta)
        }
        if writer.deltas.memoryByteCount > StateLimits.keptBytes { writer.deltas = Deltas() }
        raiseIfDue(writer.description.count)
    }

    private func reload(_ writer: inout Writer, _ transaction: borrowing WriteTransaction) throws {
        writer.folder = RowFolder(try tables.ledger(transaction))
        writer.deltas = Deltas()
        writer.description = try StateDescription(transaction, tables.meta) ?? StateDescription()
    }

    /// Says durably that the state is not closed: whoever finds it after another start of the machine must not trust it.
    private func mark(_ writer: inout Writer) throws {
        writer.description.isClean = false
        writer.description.bootID = options.bootID
        let description = writer.description
        try tables.environment.write { try description.write(&$0, tables.meta) }
        try tables.environment.sync(force: true)
        writer.isMarked = true
    }

    /// Puts everything on the device and marks it closed. It may be folded on after that.
    public func close() throws {
        guard mode == .writer else { return }
        try writer.withLock { writer in
            guard writer.isMarked, writer.failure == nil else { return }
            let count = writer.description.count
            let root = try log.read { try $0.root(size: count) }
            // First the rows, and only then that they are there.
            try tables.environment.sync(force: true)
            writer.description.rootCount = count
            writer.description.root = root.bytes
            writer.description.isClean = true
            let description = writer.description
            try tables.environment.write { try description.write(&$0, tables.meta) }
            try tables.environment.sync(force: true)
            writer.isMarked = false
        }
    }

    // MARK: Replacing

    /// Takes over the rows of `other`, which is a state of the same log that nobody else uses, and deletes the file that they
    /// were in. Nothing is folded meanwhile; who reads goes on with what is read.
    func replace(with other: StateStore) throws {
        try writer.withLock { writer in
            if let failure = writer.failure {
                throw StateError(.storage, "an earlier fold failed; open it again", cause: failure)
            }
            var done = try other.count
            while done < writer.description.count { done = try other.catchUp(to: writer.description.count) }
            try other.close()
            let tables = other.tables
            let (description, ledger) = try tables.environment.read { transaction in
                (try StateDescription(transaction, tables.meta) ?? StateDescription(), try tables.ledger(transaction))
            }
            try Directories.replaceEnvironment(directory, with: other.directory)
            current.withLock { $0 = tables }
            writer = Writer(description: description, folder: RowFolder(ledger))
        }
    }

    // MARK: Reading

    /// Runs `body` over the state as it is now.
    public func read<R>(_ body: (borrowing StateView) throws -> R) throws -> R {
        let tables = self.tables
        return try tables.environment.read { transaction in
            try body(StateView(transaction: BorrowedTransaction(handle: transaction.handle), tables: tables))
        }
    }

    /// The state as it is now, for what reads in several steps. While it is held the storage keeps old pages.
    public func snapshot() throws -> StateSnapshot {
        let tables = self.tables
        return StateSnapshot(snapshot: try tables.environment.snapshot(), tables: tables)
    }

    /// Frees what snapshots of dead processes hold; returns how many there were.
    @discardableResult
    public func clearStaleReaders() throws -> Int { try tables.environment.clearStaleReaders() }
}

/// Limits of folding.
enum StateLimits {
    /// Bytes of deltas that a fold gathers before it applies them.
    static let foldBytes = 32 << 20
    /// Bytes of records that are folded in one transaction while catching up.
    static let catchUpBytes = 2 << 20
    /// Bytes of buffers that are kept from one fold to the next.
    static let keptBytes = 4 << 20
    /// Stored snapshots that are kept: should the newest be damaged there is another.
    static let keptSnapshots = 2
    /// A snapshot is due when the state has grown by one part in so many since the last one.
    static let snapshotGrowth: UInt64 = 2
    /// Bytes of what follows from rows that are kept in memory while tables are built.
    static let derivedBytes = 16 << 20
    /// Bytes of rows that are appended in one transaction when a table is built, since LMDB keeps changed pages in memory.
    static let buildTransactionBytes = 16 << 20
    /// Room that such a transaction is given in the map: rows of half a page and more take up to twice their bytes, and the
    /// tree above them a little.
    static let buildRoomBytes = 3 * buildTransactionBytes
}

extension StateStore: LogFollower {
    public func lastPosition(of repository: RepositoryID) throws -> LogPosition? {
        try read { try $0.repository(repository)?.lastPosition }
    }

    public func holder(of claim: Claim) throws -> LogPosition? {
        try read { try $0.holder(of: claim.key) }
    }
}

extension RawSpan {
    /// The leaf hash of a record.
    var leafHash: [UInt8] {
        let start = RecordHeader.leafHashOffset
        return extracting(start..<start + SHA256Hash.byteCount).withUnsafeBytes { Array($0) }
    }
}

extension StateTables {
    /// The digests as they are stored.
    func ledger(_ transaction: borrowing some Readable & ~Copyable) throws -> DigestLedger {
        var sums: [DigestLedger.Key: DigestSum] = [:]
        try transaction.forEach(digests) { key, value in
            do {
                var reader = ByteReader(key)
                let ledgerKey = DigestLedger.Key(projection: try reader.byte(), tenant: try reader.uint32())
                guard ledgerKey.projection < AllProjections.list.count else {
                    throw DecodingFailure("projection \(ledgerKey.projection) is unknown")
                }
                var valueReader = ByteReader(value)
                sums[ledgerKey] = DigestSum(try valueReader.sha256())
            } catch {
                throw StateError.damaged("digests", error)
            }
            return true
        }
        return DigestLedger(stored: sums)
    }

    func write(_ sum: DigestSum, _ key: DigestLedger.Key, _ transaction: inout WriteTransaction) throws(LMDBError) {
        if sum.isZero {
            try transaction.delete(digests, key.bytes)
        } else {
            try transaction.put(digests, key.bytes, sum.hash.bytes)
        }
    }
}
