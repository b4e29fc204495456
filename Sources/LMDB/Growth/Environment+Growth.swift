import CLMDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Limits of growing a map.
enum GrowthLimits {
    /// For so long others may begin transactions while one waits for all of them to have ended.
    static let openSeconds = 2
    /// And so long they may not.
    static let closedSeconds = 10
    /// A map is doubled; where the system refuses that, it grows by less, down to this.
    static let leastStepBytes = 4 << 20
    /// How often one transaction may find the map full and be begun anew. Doubling gets there long before.
    static let attempts = 40
}

extension Environment {
    /// Sees to it that a transaction that adds about so many bytes finds room, as far as the system lets the map grow. For what
    /// cannot be begun anew when the map is full; call it with no transaction of one's own open.
    public func makeRoom(bytes: Int) throws(LMDBError) {
        let info = info
        guard info.mapSizeBytes - info.usedBytes < bytes else { return }
        do {
            try grow(beyond: info.mapSizeBytes, to: info.usedBytes + bytes)
        } catch  where error.code == .mapFull {
            // The transaction may still fit: pages that are free within the file are not counted here. If not it says so itself.
        }
    }

    /// Grows the map, unless somebody has done so since it was `size`.
    ///
    /// - Throws: `LMDBError` with the code `mapFull` where the system, or the limit of the options, refuses more.
    func grow(beyond size: Int, to wanted: Int = 0) throws(LMDBError) {
        try alone { () throws(LMDBError) in
            var info = MDB_envinfo()
            mdb_env_info(handle, &info)
            guard info.me_mapsize <= size else { return }
            let present = info.me_mapsize
            var step = max(present, wanted - present)
            step = min(step, max(0, options.maximumMapSizeBytes - present))
            while step >= Self.page {
                let added = step / Self.page * Self.page
                // Moving the map takes the old one away first: that there is room for the new one has to be known before.
                if Self.isGranted(added) { return try resize(to: present + added) }
                step = step > GrowthLimits.leastStepBytes ? max(step / 2, GrowthLimits.leastStepBytes) : 0
            }
            throw LMDBError(code: .mapFull, call: "mdb_env_set_mapsize", path: path)
        }
    }

    /// Takes over the size that another process has given the map.
    func adoptSize() throws(LMDBError) {
        try alone { () throws(LMDBError) in try resize(to: 0) }
    }

    private func resize(to size: Int) throws(LMDBError) {
        do {
            try check("mdb_env_set_mapsize", mdb_env_set_mapsize(handle, size), path: path)
        } catch {
            // There is no map any more, and whatever touched it would end the process.
            isBroken.store(true, ordering: .releasing)
            throw error
        }
    }

    private func alone(_ body: () throws(LMDBError) -> Void) throws(LMDBError) {
        let outcome = gate.alone(openSeconds: GrowthLimits.openSeconds, closedSeconds: GrowthLimits.closedSeconds) {
            Result { () throws(LMDBError) in try body() }
        }
        guard let outcome else { throw LMDBError(code: .mapFull, call: "waiting for open snapshots", path: path) }
        try outcome.get()
    }

    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    private static func isGranted(_ byteCount: Int) -> Bool {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let probe = mmap(nil, byteCount, PROT_NONE, flags, -1, 0), probe != MAP_FAILED else { return false }
        munmap(probe, byteCount)
        return true
    }
}
