import Events
import Glibc
import LMDB

/// The location index in an LMDB environment of its own, unsynced: it can always be made anew from the shards.
///
/// | database | key | value |
/// |---|---|---|
/// | `blobs` | domain (4 bytes, big-endian) ‖ SHA-1 | ``Location`` |
/// | `shards` | shard id (8 bytes, big-endian) | ``ShardRecord`` |
/// | `meta` | `version`, `boot`, `clean` | version of these layouts; boot id of the last writer; 1: closed and synced |
final class LMDBLocations: LocationStore {
    private let environment: Environment
    private let blobs: Database
    private let records: Database
    private let meta: Database

    private static let version: [UInt8] = [2]
    private static let versionKey = Array("version".utf8)
    private static let bootKey = Array("boot".utf8)
    private static let cleanKey = Array("clean".utf8)

    /// - Throws: `LMDBError`; a reader gets `notFound` or `noSuchFile` where no writer has made an index.
    init(path: String, isReadOnly: Bool) throws(LMDBError) {
        environment = try Environment(
            path: path,
            options: EnvironmentOptions {
                $0.isSynchronous = false
                $0.isReadOnly = isReadOnly
                $0.maximumDatabases = 3
            })
        // LMDB maps what its meta page says; touching pages that the file has lost would kill the process.
        var status = stat()
        guard stat("\(path)/data.mdb", &status) == 0, Int(status.st_size) >= environment.info.usedBytes else {
            throw LMDBError(code: .corrupted, call: "comparing the length of data.mdb", path: path)
        }
        blobs = try environment.database("blobs")
        records = try environment.database("shards")
        meta = try environment.database("meta")
    }

    /// Removes the files of an index that cannot be opened, so that a new one can be made.
    static func remove(path: String) throws(SiloError) {
        for name in ["data.mdb", "lock.mdb"] where unlink("\(path)/\(name)") != 0 && errno != ENOENT {
            throw SiloError(errno, while: "removing the damaged location index \(path)/\(name)")
        }
    }

    /// Whether what the index says may be believed: its last writer closed it, or the machine has run ever since.
    func isBelievable(bootID: [UInt8]) throws(SiloError) -> Bool {
        try mapped {
            try environment.read { transaction in
                guard try Self.value(transaction, meta, Self.versionKey) == Self.version else { return false }
                if try Self.value(transaction, meta, Self.cleanKey) == [1] { return true }
                return try Self.value(transaction, meta, Self.bootKey) == bootID
            }
        }
    }

    private static func value(
        _ transaction: borrowing ReadTransaction, _ database: Database, _ key: [UInt8]
    ) throws -> [UInt8]? {
        guard let value = try transaction.get(database, key) else { return nil }
        return value.withUnsafeBytes { Array($0) }
    }

    /// From now on a writer of this boot is at work.
    func begin(bootID: [UInt8]) throws(SiloError) {
        try mapped {
            try environment.write { transaction in
                try transaction.put(meta, Self.versionKey, Self.version)
                try transaction.put(meta, Self.bootKey, bootID)
                try transaction.put(meta, Self.cleanKey, [0])
            }
        }
    }

    func location(of key: LocationKey) throws(SiloError) -> Location? {
        try mapped {
            try environment.read { transaction in
                try Self.location(transaction, blobs, Self.encode(key))
            }
        }
    }

    func locations(in shards: Set<ShardID>) throws(SiloError) -> [(key: LocationKey, location: Location)] {
        try mapped {
            try environment.read { transaction in
                var result: [(key: LocationKey, location: Location)] = []
                try transaction.forEach(blobs) { key, value in
                    let location = try Location(value)
                    if shards.contains(location.shard) { result.append((try Self.decode(key), location)) }
                    return true
                }
                return result
            }
        }
    }

    func shards() throws(SiloError) -> [ShardID: ShardRecord] {
        try mapped { try environment.read { try Self.shards($0, records) } }
    }

    func commit(_ change: LocationChange) throws(SiloError) {
        // In the order of the keys neighbours share their pages while these are at hand.
        var added = change.added
        added.sort {
            ($0.key, $0.location.shard, $0.location.offset) < ($1.key, $1.location.shard, $1.location.offset)
        }
        try mapped {
            try environment.write { transaction in
                let before = try Self.shards(transaction, records)
                var counts = ShardCounts(before, change)
                for (key, location) in added {
                    let encoded = Self.encode(key)
                    let old = try Self.location(transaction, blobs, encoded)
                    guard change.takes(location, insteadOf: old) else { continue }
                    if let old { counts.remove(old) }
                    counts.add(location)
                    try transaction.put(blobs, encoded, location.encode())
                }
                for key in change.removed {
                    let encoded = Self.encode(key)
                    guard let old = try Self.location(transaction, blobs, encoded) else { continue }
                    counts.remove(old)
                    _ = try transaction.delete(blobs, encoded)
                }
                for (id, record) in counts.records where before[id] != record {
                    try transaction.put(records, Self.encode(id), record.encode())
                }
                for id in change.removedShards { _ = try transaction.delete(records, Self.encode(id)) }
            }
        }
    }

    func clear() throws(SiloError) {
        try mapped {
            try environment.write { transaction in
                try transaction.clear(blobs)
                try transaction.clear(records)
            }
        }
    }

    func isConsistent() throws(SiloError) -> Bool {
        try mapped {
            try environment.read { transaction in
                let expected = try Self.shards(transaction, records).values.reduce(0) { $0 + $1.blobCount }
                return try transaction.count(blobs) == expected
            }
        }
    }

    func close() throws(SiloError) {
        try mapped {
            try environment.sync(force: true)
            try environment.write { try $0.put(meta, Self.cleanKey, [1]) }
            try environment.sync(force: true)
        }
    }

    private static func location(
        _ transaction: borrowing some Readable & ~Copyable, _ blobs: Database, _ key: [UInt8]
    ) throws -> Location? {
        guard let value = try transaction.get(blobs, key) else { return nil }
        return try Location(value)
    }

    private static func shards(
        _ transaction: borrowing some Readable & ~Copyable, _ records: Database
    ) throws -> [ShardID: ShardRecord] {
        var result: [ShardID: ShardRecord] = [:]
        try transaction.forEach(records) { _, value in
            let record = try ShardRecord(value)
            result[record.id] = record
            return true
        }
        return result
    }

    private static func encode(_ key: LocationKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 + SHA1Hash.byteCount)
        bytes.append(bigEndian: key.domain.rawValue)
        bytes.append(key.sha1)
        return bytes
    }

    private static func decode(_ key: RawSpan) throws -> LocationKey {
        var reader = ByteReader(key)
        return LocationKey(domain: Domain(rawValue: try reader.uint32()), sha1: try reader.sha1())
    }

    private static func encode(_ id: ShardID) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: id.rawValue)
        return bytes
    }

    /// What `body` does with LMDB, its errors told in this module's words.
    private func mapped<R>(_ body: () throws -> R) throws(SiloError) -> R {
        do {
            return try body()
        } catch let error as LMDBError {
            switch error.code {
            case .noSpace, .mapFull:
                throw SiloError(.noSpace, "the location index: \(error)", systemError: ENOSPC)
            case .inputOutput:
                throw SiloError(.inputOutput, "the location index: \(error)", systemError: EIO)
            default:
                throw SiloError(.damaged, "the location index: \(error)")
            }
        } catch {
            throw SiloError(
                .damaged, "the location index is damaged (\(error)); it is made anew when its directory is gone")
        }
    }
}
