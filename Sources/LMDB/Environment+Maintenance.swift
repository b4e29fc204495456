import CLMDB
import Synchronization

/// What an environment says of itself.
public struct EnvironmentInfo: Sendable, Equatable {
    /// The last committed transaction; any process sees it move.
    public let lastTransaction: UInt64
    /// Reserved address space in bytes.
    public let mapSizeBytes: Int
    /// Length of the used part of the file in bytes.
    public let usedBytes: Int
    /// Reader slots in use, over all processes, and how many there are.
    public let readers: Int
    public let maximumReaders: Int
}

extension Environment {
    /// Cheap: reads the mapped meta pages and makes no system call. All zero where the environment has to be opened anew.
    public var info: EnvironmentInfo {
        var info = MDB_envinfo()
        var statistics = MDB_stat()
        gate.enter()
        defer { gate.leave() }
        guard !isBroken.load(ordering: .acquiring) else {
            return EnvironmentInfo(
                lastTransaction: 0, mapSizeBytes: 0, usedBytes: 0, readers: 0, maximumReaders: 0)
        }
        // They fail for a null argument only.
        mdb_env_info(handle, &info)
        mdb_env_stat(handle, &statistics)
        return EnvironmentInfo(
            lastTransaction: UInt64(info.me_last_txnid), mapSizeBytes: info.me_mapsize,
            usedBytes: (info.me_last_pgno + 1) * Int(statistics.ms_psize),
            readers: Int(info.me_numreaders), maximumReaders: Int(info.me_maxreaders))
    }

    /// Longest key in bytes: 511.
    public var maximumKeyByteCount: Int { Int(mdb_env_get_maxkeysize(handle)) }

    /// Writes what is in memory to the device.
    ///
    /// - Parameter force: also where the environment is not synchronous.
    public func sync(force: Bool = true) throws(LMDBError) {
        try check("mdb_env_sync", mdb_env_sync(handle, force ? 1 : 0), path: path)
    }

    /// Frees the reader slots of processes that died, whose snapshots would keep old pages for ever.
    ///
    /// - Returns: how many were freed.
    @discardableResult
    public func clearStaleReaders() throws(LMDBError) -> Int {
        var cleared: Int32 = 0
        try check("mdb_reader_check", mdb_reader_check(handle, &cleared), path: path)
        return Int(cleared)
    }

    /// Copies a snapshot of the environment, also while it is written, into the empty directory `destination`.
    ///
    /// - Parameter isCompacting: leaves free pages out; slower, and smaller.
    public func copy(to destination: String, isCompacting: Bool = true) throws(LMDBError) {
        let flags = isCompacting ? UInt32(MDB_CP_COMPACT) : 0
        gate.enter()
        defer { gate.leave() }
        guard !isBroken.load(ordering: .acquiring) else {
            throw LMDBError(code: .panic, call: "mdb_env_copy2", path: path)
        }
        try check("mdb_env_copy2", mdb_env_copy2(handle, destination, flags), path: destination)
    }
}
