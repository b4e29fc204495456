import LMDB
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct EnvironmentTests {
    private struct Abandon: Error {}

    @Test func changesAreCommittedOrUndoneTogether() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path, options: .test)
        let database = try environment.database("a")
        try environment.write { transaction in
            try transaction.put(database, [1], [10])
            try transaction.put(database, [2], [20])
        }
        #expect(throws: Abandon.self) {
            try environment.write { transaction in
                try transaction.put(database, [3], [30])
                #expect(try transaction.get(database, [3])?.array == [30])
                try transaction.clear(database)
                throw Abandon()
            }
        }
        try environment.read { transaction in
            let first = try transaction.get(database, [1])?.array
            #expect(first == [10])
            #expect(try transaction.get(database, [3]) == nil)
            #expect(try transaction.count(database) == 2)
        }
    }

    @Test func aSnapshotSeesNothingThatComesLater() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path, options: .test)
        let database = try environment.database()
        try environment.write { try $0.put(database, [1], [1]) }
        let snapshot = try environment.snapshot()
        try environment.write { try $0.put(database, [1], [2]) }
        #expect(try snapshot.read { try $0.get(database, [1])?.array } == [1])
        #expect(try environment.read { try $0.get(database, [1])?.array } == [2])
        #expect(snapshot.id < environment.info.lastTransaction)
        #expect(environment.info.readers >= 1)
    }

    @Test func cursorsMoveInTheOrderOfKeys() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path, options: .test)
        let database = try environment.database("a")
        try environment.write { transaction in
            for key: UInt64 in 0..<1000 { try transaction.append(database, key * 3, [UInt8(key % 256)]) }
            #expect(try transaction.insert(database, [0xff, 1], [1]))
            #expect(try !transaction.insert(database, [0xff, 1], [2]))
        }
        try environment.read { transaction in
            var cursor = try transaction.cursor(database)
            #expect(try cursor.seek(4 as UInt64)?.key.array == [0, 0, 0, 0, 0, 0, 0, 6])
            #expect(try cursor.previous()?.key.array == [0, 0, 0, 0, 0, 0, 0, 3])
            #expect(try cursor.last()?.value.array == [1])
            #expect(try cursor.next() == nil)
            #expect(try cursor.first()?.key.array == [UInt8](repeating: 0, count: 8))
            #expect(try cursor.seek([0xff, 2]) == nil)
            #expect(try transaction.get(database, 2997 as UInt64)?.array == [UInt8(999 % 256)])
            var seen = 0
            try transaction.forEach(database, prefix: [0, 0, 0, 0, 0, 0, 1]) { key, _ in
                seen += 1
                return key.byteCount == 8
            }
            #expect(seen == (256..<512).count { $0.isMultiple(of: 3) })
        }
        try environment.write { transaction in
            let removed = try transaction.deleteAll(database, prefix: [0, 0, 0, 0, 0, 0, 1])
            #expect(removed == 85)
            #expect(try transaction.delete(database, [0xff, 1]))
            #expect(try !transaction.delete(database, [0xff, 1]))
            #expect(try transaction.count(database) == 915)
        }
    }

    @Test func errorsSayWhatFailedAndWhatToDo() throws {
        let directory = try TemporaryDirectory()
        let small = EnvironmentOptions {
            $0.mapSizeBytes = 1 << 20
            $0.maximumMapSizeBytes = 1 << 20
            $0.isSynchronous = false
        }
        let environment = try Environment(path: directory.path, options: small)
        let database = try environment.database("a")
        let full = #expect(throws: LMDBError.self) {
            try environment.write { transaction in
                for key: UInt64 in 0..<1000 { try transaction.append(database, key, .init(repeating: 1, count: 2000)) }
            }
        }
        #expect(full?.code == .mapFull)
        #expect(full?.description.contains("raise the limit") == true)
        let order = #expect(throws: LMDBError.self) {
            try environment.write { transaction in
                try transaction.append(database, [2], [])
                try transaction.append(database, [1], [])
            }
        }
        #expect(order?.code == .keyExists)
        let long = #expect(throws: LMDBError.self) {
            try environment.write { try $0.put(database, .init(repeating: 1, count: 512), []) }
        }
        #expect(long?.code == .badValueSize)
        #expect(environment.maximumKeyByteCount == 511)
        let twice = #expect(throws: LMDBError.self) { try Environment(path: directory.path + "/.", options: small) }
        #expect(twice?.code == .alreadyOpen)
        let missing = #expect(throws: LMDBError.self) {
            try Environment(path: directory.path + "/none", options: .init { $0.isReadOnly = true })
        }
        #expect(missing?.code == .noSuchFile)
    }

    @Test func aReadOnlyEnvironmentReadsAndRefuses() throws {
        let directory = try TemporaryDirectory()
        do {
            let environment = try Environment(path: directory.path, options: .test)
            let database = try environment.database("a")
            try environment.write { try $0.put(database, [1], [2]) }
        }
        let environment = try Environment(path: directory.path, options: .init { $0.isReadOnly = true })
        let database = try environment.database("a")
        #expect(try environment.read { try $0.get(database, [1])?.array } == [2])
        let absent = #expect(throws: LMDBError.self) { try environment.database("b") }
        #expect(absent?.code == .notFound)
        let refused = #expect(throws: LMDBError.self) { try environment.write { try $0.put(database, [1], [3]) } }
        #expect(refused?.code == .permissionDenied)
    }

    @Test func aCopyOfARunningEnvironmentOpens() throws {
        let directory = try TemporaryDirectory()
        let environment = try Environment(path: directory.path, options: .test)
        let database = try environment.database("a")
        try environment.write { try $0.put(database, [1], [2]) }
        #expect(mkdir(directory.path + "/copy", 0o700) == 0)
        try environment.copy(to: directory.path + "/copy")
        let copy = try Environment(path: directory.path + "/copy", options: .init { $0.isReadOnly = true })
        let copied = try copy.database("a")
        #expect(try copy.read { try $0.get(copied, [1])?.array } == [2])
        var status = stat()
        #expect(stat(directory.path + "/data.mdb", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}
