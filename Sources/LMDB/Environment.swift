import CLMDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An LMDB environment: a directory with one memory-mapped file that holds named databases. Any number of readers, in any
/// process, see each a snapshot; there is one writer at a time.
///
/// Always opened with `MDB_NOTLS`, so a read transaction belongs to its object and not to its thread. Never with
/// `MDB_WRITEMAP` (a stray write would damage the file) nor `MDB_NOMETASYNC`.
public final class Environment: @unchecked Sendable {
    // Sendable: LMDB's environment handle may be used by all threads; what may not is behind `databases`.
    let handle: OpaquePointer
    let gate = TransactionGate()
    /// The map is gone: nothing may touch it any more.
    let isBroken = Atomic<Bool>(false)
    private let identity: OpenEnvironments.Identity
    private let databases = Mutex<[String: Database]>([:])

    /// The directory.
    public let path: String
    /// As opened, with the map size that was granted.
    public let options: EnvironmentOptions

    /// Opens the environment in the directory `path`. A writable one is made, with the directory, where it is missing.
    ///
    /// - Throws: `LMDBError`; with the code `alreadyOpen` where this process has it open already.
    public init(path: String, options: EnvironmentOptions = .init()) throws(LMDBError) {
        if !options.isReadOnly {
            let directoryMode = options.mode | (options.mode & 0o444) >> 2
            guard mkdir(path, mode_t(directoryMode)) == 0 || errno == EEXIST else {
                throw LMDBError(code: .init(rawValue: errno), call: "mkdir", path: path)
            }
        }
        let identity = try OpenEnvironments.register(path)
        do {
            (handle, self.options) = try Self.open(path, options)
        } catch {
            OpenEnvironments.unregister(identity)
            throw error
        }
        self.path = path
        self.identity = identity
    }

    deinit {
        mdb_env_close(handle)
        OpenEnvironments.unregister(identity)
    }

    private static func open(
        _ path: String, _ wanted: EnvironmentOptions
    ) throws(LMDBError) -> (OpaquePointer, EnvironmentOptions) {
        var options = wanted
        while true {
            do {
                return (try openOnce(path, options), options)
            } catch {
                let isRefusal = error.code.rawValue == ENOMEM || error.code.rawValue == EOVERFLOW
                guard isRefusal, options.mapSizeBytes > EnvironmentOptions.minimumMapSizeBytes else { throw error }
                // Little at first, and more as it is needed: the rest of the process needs address space too. LMDB makes it as
                // large as the file at least.
                options.mapSizeBytes = max(
                    min(options.mapSizeBytes / 2, EnvironmentOptions.fallbackMapSizeBytes),
                    EnvironmentOptions.minimumMapSizeBytes)
            }
        }
    }

    private static func openOnce(_ path: String, _ options: EnvironmentOptions) throws(LMDBError) -> OpaquePointer {
        var created: OpaquePointer?
        try check("mdb_env_create", mdb_env_create(&created), path: path)
        guard let handle = created else { throw LMDBError(code: .panic, call: "mdb_env_create", path: path) }
        do {
            try check("mdb_env_set_mapsize", mdb_env_set_mapsize(handle, options.mapSizeBytes), path: path)
            try check("mdb_env_set_maxdbs", mdb_env_set_maxdbs(handle, UInt32(options.maximumDatabases)), path: path)
            try check(
                "mdb_env_set_maxreaders", mdb_env_set_maxreaders(handle, UInt32(options.maximumReaders)), path: path)
            var flags = UInt32(MDB_NOTLS)
            if options.isReadOnly { flags |= UInt32(MDB_RDONLY) }
            if !options.isSynchronous { flags |= UInt32(MDB_NOSYNC) }
            try check("mdb_env_open", mdb_env_open(handle, path, flags, mode_t(options.mode)), path: path)
        } catch {
            mdb_env_close(handle)
            throw error
        }
        return handle
    }

    /// The database called `name`, or the main one. It is made where it is missing and the environment is writable.
    ///
    /// Must not be called from inside a write transaction of the same thread: it would wait for itself.
    /// - Throws: `LMDBError`; with the code `notFound` in an environment that is read-only.
    public func database(_ name: String? = nil) throws(LMDBError) -> Database {
        let outcome: Result<Database, LMDBError> = databases.withLock { known in
            if let database = known[name ?? ""] { return .success(database) }
            return Result { () throws(LMDBError) in
                let database = try openDatabase(name)
                known[name ?? ""] = database
                return database
            }
        }
        return try outcome.get()
    }

    private func openDatabase(_ name: String?) throws(LMDBError) -> Database {
        do {
            // First without making it, so that opening what exists writes nothing.
            return try openDatabase(name, begin: UInt32(MDB_RDONLY), flags: 0)
        } catch  where error.code == .notFound && !options.isReadOnly {
            return try openDatabase(name, begin: 0, flags: UInt32(MDB_CREATE))
        }
    }

    private func openDatabase(_ name: String?, begin: UInt32, flags: UInt32) throws(LMDBError) -> Database {
        let transaction = try beginTransaction(begin)
        defer { gate.leave() }
        var database: MDB_dbi = 0
        do {
            try check("mdb_dbi_open", mdb_dbi_open(transaction, name, flags, &database), path: path)
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        try check("mdb_txn_commit", mdb_txn_commit(transaction), path: path)
        return Database(handle: database)
    }

    /// Whoever ends the transaction leaves ``gate``.
    func beginTransaction(_ flags: UInt32) throws(LMDBError) -> OpaquePointer {
        while true {
            gate.enter()
            var transaction: OpaquePointer?
            let isBroken = isBroken.load(ordering: .acquiring)
            let status = isBroken ? MDB_PANIC : mdb_txn_begin(handle, nil, flags, &transaction)
            if status == MDB_SUCCESS, let transaction { return transaction }
            gate.leave()
            guard status == MDB_MAP_RESIZED else {
                throw LMDBError(
                    code: status == MDB_SUCCESS ? .panic : .init(rawValue: status), call: "mdb_txn_begin", path: path)
            }
            try adoptSize()
        }
    }
}

/// A database of an environment: a sorted map from keys (1 to 511 bytes, compared as bytes) to values. Valid for the
/// environment that gave it, for as long as that lives.
public struct Database: Sendable {
    let handle: MDB_dbi
}
