import Events
import LMDB
import Synchronization

@testable import EventLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A directory for one log that is removed when the last reference goes.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/log-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LMDBError(code: .init(rawValue: errno), call: "mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["data.mdb", "lock.mdb", "acknowledged"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

/// A follower that knows what it was given: who holds which tenant's name, and each repository's last event.
final class Ledger: LogFollower {
    struct Contents {
        var next = LogPosition(0)
        var holders: [[UInt8]: LogPosition] = [:]
        var last: [RepositoryID: LogPosition] = [:]
        var batches: [Int] = []
        var failure: (any Error)?
    }

    let contents = Mutex(Contents())

    func fold(_ batch: CommittedBatch) throws {
        try contents.withLock { contents in
            if let failure = contents.failure { throw failure }
            precondition(batch.range.lowerBound == contents.next, "batches come in order")
            try batch.forEach { position, record in
                let envelope = try Envelope(record: record, at: position)
                if let repository = envelope.header.repository { contents.last[repository] = position }
                if case .tenantAdded(let tenant) = envelope.event {
                    contents.holders[Array(tenant.name.utf8)] = position
                }
            }
            contents.next = batch.range.upperBound
            contents.batches.append(Int(batch.range.upperBound.rawValue - batch.range.lowerBound.rawValue))
        }
    }

    func lastPosition(of repository: RepositoryID) throws -> LogPosition? { contents.withLock { $0.last[repository] } }

    func holder(of claim: Claim) throws -> LogPosition? { contents.withLock { $0.holders[claim.key] } }
}

/// A follower that does not care.
struct Indifferent: LogFollower {
    func fold(_ batch: CommittedBatch) {}
    func lastPosition(of repository: RepositoryID) -> LogPosition? { nil }
    func holder(of claim: Claim) -> LogPosition? { nil }
}

/// SplitMix64, so that a printed seed repeats a test.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

func tenantAdded(_ id: UInt32, name: String? = nil) -> EventDraft {
    EventDraft(.tenantAdded(TenantAdded(id: TenantID(id), name: name ?? "tenant \(id)")), tenant: TenantID(id))
}

extension EventLogWriter {
    /// A writer over a log of its own, with a thread of its own.
    static func open(
        _ directory: TemporaryDirectory, follower: any LogFollower = Indifferent(), options: EventLogOptions = .init(),
        limits: WriterLimits = .init()
    ) throws -> (EventLog, EventLogWriter) {
        let log = try EventLog.open(directory: directory.path, mode: .writer, options: options)
        return (log, try EventLogWriter(log: log, follower: follower, executor: ThreadExecutor(), limits: limits))
    }
}

/// Fills a log with `count` events of rising times, in a few batches, and closes it.
func fill(_ directory: TemporaryDirectory, count: Int) async throws {
    let (_, writer) = try EventLogWriter.open(directory)
    var hasher = SHA256Hasher()
    for start in stride(from: 0, to: count, by: 100) {
        let events = (start..<min(start + 100, count)).map { index in
            EncodedEvent(tenantAdded(UInt32(index)), at: Timestamp(seconds: 1000 + Int64(index)), hasher: &hasher)
        }
        _ = try await writer.append(AppendRequest(events))
    }
}

/// Changes a closed log behind its back.
func tamper(
    _ directory: TemporaryDirectory,
    _ change: (inout WriteTransaction, _ events: Database, _ tree: Database) throws -> Void
) throws {
    let environment = try Environment(path: directory.path)
    let events = try environment.database("events")
    let tree = try environment.database("tree")
    try environment.write { try change(&$0, events, tree) }
}

extension UInt64 {
    var key: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
