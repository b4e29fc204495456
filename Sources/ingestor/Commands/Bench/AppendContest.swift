import EventLog
import Events
import LMDB
import OpenSSL
import Vault

/// Durable appending in four ways, in turns: the log; the log with all that comes before it, encoding, sealing and hashing; a bare
/// loop over the database that writes the same bytes; and that loop with the Merkle tree, to tell what the tree takes.
final class AppendContest {
    /// Events a second, a round each.
    struct Rates {
        var log: [Double] = []
        var sealed: [Double] = []
        var bare: [Double] = []
        var bareWithTree: [Double] = []
        /// As `log` and `sealed`, by several callers at a time.
        var together: [Double] = []
        var sealedTogether: [Double] = []
        /// Reading back what was appended.
        var read: [Double] = []
    }

    private let log: EventLog
    private let writer: EventLogWriter
    private let sealedWriter: EventLogWriter
    private let bare: BareLog
    private let seconds: Double

    /// - Parameters:
    ///   - directory: on the disk that is measured.
    ///   - seconds: that each turn takes.
    init(directory: String, seconds: Double) throws {
        self.seconds = seconds
        log = try EventLog.open(directory: directory + "/log", mode: .writer)
        writer = try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor())
        let sealed = try EventLog.open(
            directory: directory + "/sealed", mode: .writer, keys: TenantKeys(store: MeasuringKeys()))
        sealedWriter = try EventLogWriter(log: sealed, follower: NoFollower(), executor: ThreadExecutor())
        bare = try BareLog(directory + "/bare")
    }

    /// Measures transactions of `batch` events.
    ///
    /// - Parameter callers: that append side by side, where that is measured too; each waits until its own batch is durable.
    func measure(batch: Int, rounds: Int, callers: Int, progress: (_ round: Int) -> Void) async throws -> Rates {
        let drafts = (0..<batch).map(Self.draft)
        let events = drafts.map { EncodedEvent($0, at: Context.now()) }
        let start = try log.count
        var rates = Rates()
        for round in 1...rounds {
            progress(round)
            rates.log.append(try await rate(batch) { _ = try await writer.append(AppendRequest(events)) })
            rates.bare.append(try await rate(batch) { try bare.append(events, withTree: false) })
            rates.bareWithTree.append(try await rate(batch) { try bare.append(events, withTree: true) })
            rates.sealed.append(
                try await rate(batch) { _ = try await sealedWriter.append(drafts, at: Context.now()) })
            guard callers > 1 else { continue }
            rates.together.append(
                try await rate(batch, callers) { [writer] in _ = try await writer.append(AppendRequest(events)) })
            rates.sealedTogether.append(
                try await rate(batch, callers) { [sealedWriter] in
                    _ = try await sealedWriter.append(drafts, at: Context.now())
                })
        }
        for _ in 1...rounds { rates.read.append(try readRate(from: start)) }
        return rates
    }

    func stop() async {
        await writer.stop()
        await sealedWriter.stop()
    }

    /// A record of about 256 bytes.
    static func draft(_ index: Int) -> EventDraft {
        let validator = (0..<128).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
        let event = PollCompleted(
            changed: false, head: nil, ref: Array("refs/heads/main".utf8), validator: validator, requests: 1)
        return EventDraft(.pollCompleted(event), tenant: TenantID(1))
    }

    static func recordByteCount() -> Int { EncodedEvent(draft(0), at: Context.now()).record.count }

    private func rate(_ batch: Int, _ body: () async throws -> Void) async throws -> Double {
        var events = 0
        let began = ContinuousClock.now
        var elapsed = 0.0
        while elapsed < seconds {
            try await body()
            events += batch
            elapsed = (ContinuousClock.now - began).seconds
        }
        return Double(events) / elapsed
    }

    /// The same, of several who call side by side.
    private func rate(
        _ batch: Int, _ callers: Int, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Double {
        let began = ContinuousClock.now
        let seconds = seconds
        let calls = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    var calls = 0
                    repeat {
                        try await body()
                        calls += 1
                    } while (ContinuousClock.now - began).seconds < seconds
                    return calls
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(calls * batch) / (ContinuousClock.now - began).seconds
    }

    private func readRate(from start: UInt64) throws -> Double {
        var bytes = 0
        let end = try log.count
        let began = ContinuousClock.now
        try log.read { snapshot in
            try snapshot.forEach(in: LogPosition(start)..<LogPosition(end)) { _, record in bytes += record.byteCount }
        }
        let elapsed = (ContinuousClock.now - began).seconds
        precondition(bytes > 0, "nothing was read")
        return Double(end - start) / elapsed
    }
}

/// The same records in LMDB, and nothing around it.
private final class BareLog {
    private let environment: Environment
    private let records: Database
    private let tree: Database
    private var key: UInt64 = 0
    private var nodeKey: UInt64 = 0
    private var hasher = SHA256Hasher()
    private var node: SHA256Hash

    private static let groupCount: UInt64 = 256

    init(_ path: String) throws {
        environment = try Environment(path: path, options: .init { $0.maximumDatabases = 2 })
        records = try environment.database("records")
        tree = try environment.database("tree")
        node = hasher.hash([0])
    }

    /// - Parameter withTree: hashes a node an event, and keeps one of 256, as the log's tree does.
    func append(_ events: [EncodedEvent], withTree: Bool) throws {
        try environment.write { transaction in
            for event in events {
                try transaction.append(records, key, event.record)
                key += 1
                guard withTree else { continue }
                node = hasher.node(node, node)
                nodeKey += 1
                if nodeKey.isMultiple(of: Self.groupCount) { try transaction.append(tree, nodeKey, node.bytes) }
            }
        }
    }
}

/// A key that lasts as long as a measurement.
private struct MeasuringKeys: TenantKeyStore {
    private let key: [UInt8]

    init() throws { key = try secureRandomBytes(AESGCM.keyByteCount) }

    func tenantKey(_ id: KeyID) -> TenantKey { .present(key) }
    func makeTenantKey(_ id: KeyID) -> [UInt8] { key }
    func erasedTenantKeys() -> [KeyID] { [] }
}

/// The log alone is measured, without a state behind it.
struct NoFollower: LogFollower {
    func fold(_ batch: CommittedBatch) throws {}
    func lastPosition(of repository: RepositoryID) throws -> LogPosition? { nil }
    func holder(of claim: Claim) throws -> LogPosition? { nil }
}
