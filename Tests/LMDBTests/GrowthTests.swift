import LMDB
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A map that is too small grows, and nobody who reads or writes meanwhile notices.
@Suite struct GrowthTests {
    private static let small = EnvironmentOptions {
        $0.mapSizeBytes = 1 << 20
        $0.isSynchronous = false
    }

    /// Atomic, and shared by tasks.
    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    @Test func aFullMapGrowsWhileOthersRead() async throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path, options: Self.small)
        let database = try environment.database("a")
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    // Reads overlap, so that there is hardly ever a moment without one.
                    while !isDone.value.load(ordering: .relaxed) {
                        try environment.read { transaction in
                            try transaction.forEach(database) { key, value in
                                #expect(value.byteCount == 1000 && value.array[0] == key.array[7])
                                return true
                            }
                            usleep(300)
                        }
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                defer { isDone.value.store(true, ordering: .relaxed) }
                var runs = 0
                for batch: UInt64 in 0..<80 {
                    try environment.write { transaction in
                        runs += 1
                        for key in batch * 100..<batch * 100 + 100 {
                            try transaction.put(
                                database, [UInt8](repeating: 0, count: 6) + [UInt8(key >> 8), UInt8(key & 255)],
                                [UInt8](repeating: UInt8(key & 255), count: 1000))
                        }
                    }
                }
                #expect(runs > 80, "the map was never full")
            }
            try await group.waitForAll()
        }
        #expect(try environment.read { try $0.count(database) } == 8000)
        #expect(environment.info.mapSizeBytes > 8_000_000)
    }

    @Test func aSnapshotThatStaysOpenStopsTheGrowthAndNothingIsLost() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(
            path: directory.path,
            options: .init {
                $0 = Self.small; $0.maximumMapSizeBytes = 2 << 20
            })
        let database = try environment.database("a")
        var count = 0
        let failure = #expect(throws: LMDBError.self) {
            while true {
                try environment.write {
                    try $0.put(database, [UInt8(count >> 8), UInt8(count & 255)], [UInt8](repeating: 1, count: 4000))
                }
                count += 1
            }
        }
        #expect(failure?.code == .mapFull)
        #expect(environment.info.mapSizeBytes == 2 << 20)
        #expect(count > 200)
        #expect(try environment.read { try $0.count(database) } == count)
    }

    /// What cannot run twice asks for room first.
    @Test func roomIsMadeBeforeATransactionThatRunsOnce() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path, options: Self.small)
        let database = try environment.database("a")
        try environment.makeRoom(bytes: 24 << 20)
        try environment.writeOnce { transaction in
            for key: UInt64 in 0..<20 { try transaction.append(database, key, [UInt8](repeating: 7, count: 1 << 20)) }
        }
        #expect(try environment.read { try $0.count(database) } == 20)
    }

    /// Another process has grown the file beyond the map of this one.
    @Test func theSizeThatAnotherProcessGaveIsTakenOver() throws {
        let directory = try TemporaryDirectory()
        do {
            let environment = try Environment(path: directory.path, options: Self.small)
            _ = try environment.database("a")
        }
        let environment = try Environment(path: directory.path, options: Self.small)
        let database = try environment.database("a")
        #expect(try environment.read { try $0.count(database) } == 0)
        var arguments: [UnsafeMutablePointer<CChar>?] = [
            strdup("python3"), strdup("-c"), strdup(Self.otherProcess), strdup(directory.path), nil,
        ]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        try #require(posix_spawnp(&process, "python3", nil, nil, &arguments, environ) == 0)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        try #require(status == 0, "python3 could not write the database through liblmdb")
        #expect(try environment.read { try $0.count(database) } == 5000)
        try environment.write { try $0.put(database, [0xff], [1]) }
        #expect(environment.info.mapSizeBytes >= 32 << 20)
    }

    /// Writes 5,000 entries of 2,000 bytes with the C library, and a map of 32 MiB.
    private static let otherProcess = """
        import ctypes, ctypes.util, sys
        l = ctypes.CDLL(ctypes.util.find_library('lmdb') or 'liblmdb.so.0')
        class V(ctypes.Structure): _fields_ = [('n', ctypes.c_size_t), ('p', ctypes.c_void_p)]
        e = ctypes.c_void_p(); t = ctypes.c_void_p(); d = ctypes.c_uint()
        def ok(r): assert r == 0, r
        ok(l.mdb_env_create(ctypes.byref(e)))
        ok(l.mdb_env_set_mapsize(e, ctypes.c_size_t(32 << 20)))
        ok(l.mdb_env_set_maxdbs(e, 4))
        ok(l.mdb_env_open(e, sys.argv[1].encode(), 0x200000 | 0x10000, 0o600))
        ok(l.mdb_txn_begin(e, None, 0, ctypes.byref(t)))
        ok(l.mdb_dbi_open(t, b'a', 0x40000, ctypes.byref(d)))
        value = ctypes.create_string_buffer(2000)
        for i in range(5000):
            key = ctypes.create_string_buffer(i.to_bytes(8, 'big'), 8)
            k = V(8, ctypes.cast(key, ctypes.c_void_p)); v = V(2000, ctypes.cast(value, ctypes.c_void_p))
            ok(l.mdb_put(t, d, ctypes.byref(k), ctypes.byref(v), 0))
        ok(l.mdb_txn_commit(t))
        l.mdb_env_close(e)
        """
}
