import EventGenerator
import EventLog
import Events
import Foundation
import Projections
import State
import Testing

/// A directory that goes with the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}

/// Folds nothing, for logs that are written before there is a state.
struct NoFollower: LogFollower {
    func fold(_ batch: CommittedBatch) throws {}
    func lastPosition(of repository: RepositoryID) throws -> LogPosition? { nil }
    func holder(of claim: Claim) throws -> LogPosition? { nil }
}

extension StateOptions {
    static let test = StateOptions {
        $0.mapSizeBytes = 1 << 30
        $0.bootID = [1]
    }
}

/// A log of events that a seed makes.
struct SeededLog {
    let log: EventLog
    let envelopes: [Envelope]

    init(seed: UInt64, count: Int, in directory: String) async throws {
        log = try EventLog.open(directory: directory, mode: .writer, options: .init { $0.mapSizeBytes = 1 << 30 })
        let executor = ThreadExecutor()
        let writer = try EventLogWriter(log: log, follower: NoFollower(), executor: executor)
        var stream = EventStream(seed: seed)
        var done = 0
        while done < count {
            let batch = stream.next(min(500, count - done))
            let result = try await writer.append(
                AppendRequest(batch.map { EncodedEvent($0.draft, at: $0.time) }))
            #expect(result == .appended(LogPosition(UInt64(done))..<LogPosition(UInt64(done + batch.count))))
            done += batch.count
        }
        envelopes = try log.read { snapshot in
            try (0..<UInt64(count)).map { try #require(try snapshot.envelope(at: LogPosition($0))) }
        }
    }

    /// The plain fold of the first events.
    func memoryState(_ count: Int) throws -> MemoryState {
        var state = MemoryState()
        for envelope in envelopes[..<count] { try state.fold(envelope) }
        return state
    }
}

extension StateView {
    /// All rows of all tables.
    func contents() throws -> [String: [[UInt8]: [UInt8]]] {
        var contents: [String: [[UInt8]: [UInt8]]] = [:]
        for table in Table.allCases {
            var rows: [[UInt8]: [UInt8]] = [:]
            try forEachRow(table) { key, row in
                rows[key.withUnsafeBytes { Array($0) }] = row.withUnsafeBytes { Array($0) }
                return true
            }
            contents[table.name] = rows
        }
        return contents
    }
}

extension MemoryState {
    var contents: [String: [[UInt8]: [UInt8]]] {
        Dictionary(uniqueKeysWithValues: Table.allCases.map { ($0.name, tables[$0] ?? [:]) })
    }

    /// As the state gives them.
    var digestEntries: Set<DigestEntry> {
        Set(
            digests().compactMap { name, digest in
                let parts = name.split(separator: "/")
                return DigestEntry(
                    projection: String(parts[0]), tenant: TenantID(UInt32(parts[1]) ?? 0), digest: digest)
            })
    }
}

/// Whether a state says what the plain fold says; the tables that differ are named.
func expectEqual(_ store: StateStore, _ expected: MemoryState, _ comment: Comment) throws {
    try store.read { view in
        #expect(try view.count == expected.count, comment)
        let contents = try view.contents()
        for (name, rows) in expected.contents where contents[name] != rows {
            Issue.record("table \(name) differs: \(comment)")
        }
        #expect(Set(try view.digests()) == expected.digestEntries, comment)
    }
}

/// All bytes of a file.
func readFile(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}
