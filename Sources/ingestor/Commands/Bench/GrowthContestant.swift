import EventLog
import Events
import Replay
import State
import Vault

/// One of the logs of `bench growth`.
final class GrowthContestant {
    let items: UInt64
    private let log: EventLog
    /// A copy, which is appended to.
    private let writer: EventLogWriter
    private let temporary: String
    private let options: StateOptions

    /// The state while it is folded live.
    private var live: StateStore?

    /// Events that are appended in one turn.
    private static let tailCount: UInt64 = 4096
    /// Events that are folded live in one.
    private static let liveCount: UInt64 = 1024
    /// Events of a transaction.
    private static let batch = 256

    init(_ data: DataDirectory, temporary: String, _ stores: Stores) throws {
        self.temporary = temporary
        options = try stores.stateOptions()
        let keys = TenantKeys(store: ReadTenantKeys(data: data, givenKey: stores.context.settings.masterKey))
        log = try EventLog.open(directory: data.log, mode: .reader, keys: keys)
        try FileSystem.makeDirectory("\(temporary)/log")
        try log.copy(to: "\(temporary)/log")
        let copy = try EventLog.open(directory: "\(temporary)/log", mode: .writer, keys: keys)
        writer = try EventLogWriter(log: copy, follower: NoFollower(), executor: ThreadExecutor())
        var items: UInt64 = 0
        try log.read { snapshot in
            try snapshot.forEach { items += UInt64(try Envelope(record: $1, at: $0).event.itemCount) }
        }
        self.items = items
    }

    /// Its last events, to be appended again.
    func lastDrafts() throws -> [EventDraft] {
        try log.read { snapshot in
            let start = snapshot.count - min(Self.tailCount, snapshot.count)
            return try (start..<snapshot.count).compactMap { number in
                try snapshot.envelope(at: LogPosition(number)).map { envelope in
                    EventDraft(
                        envelope.event, tenant: envelope.header.tenant, domain: envelope.header.domain,
                        repository: envelope.header.repository.map { .position(LogPosition($0.rawValue)) } ?? .none,
                        correlation: .position(envelope.header.correlation),
                        causation: envelope.header.causation.map { .position($0) } ?? .none)
                }
            }
        }
    }

    /// Items a second.
    func append(_ drafts: [EventDraft]) async throws -> Double {
        let began = ContinuousClock.now
        for start in stride(from: 0, to: drafts.count, by: Self.batch) {
            let end = min(start + Self.batch, drafts.count)
            _ = try await writer.append(Array(drafts[start..<end]), at: Context.now())
        }
        let seconds = (ContinuousClock.now - began).seconds
        return Double(drafts.reduce(0) { $0 + $1.event.itemCount }) / seconds
    }

    /// Builds the state in bulk, but for the last events; items a second.
    @discardableResult
    func build(skipping: UInt64) throws -> Double {
        try FileSystem.removeTree(state)
        let count = try log.count
        let report = try Replay.rebuild(
            log: log, upTo: count - min(skipping, count), into: state, options: options, now: { Context.now() })
        return report.itemsPerSecond
    }

    /// Gets ready to fold the last events live, in as many turns.
    func prepareLive(turns: Int) throws {
        try build(skipping: UInt64(turns) * Self.liveCount)
        var options = options
        options.catchUpOnOpen = false
        live = try StateStore.open(directory: state, log: log, mode: .writer, options: options)
    }

    /// Folds the next events live; items a second.
    func foldLive() throws -> Double {
        guard let live else { preconditionFailure("live folding was not prepared") }
        let start = try live.count
        let end = min(start + Self.liveCount, try log.count)
        let began = ContinuousClock.now
        try live.fold(to: end)
        let seconds = (ContinuousClock.now - began).seconds
        var items = 0
        try log.read { snapshot in
            try snapshot.forEach(in: LogPosition(start)..<LogPosition(end)) {
                items += try Envelope(record: $1, at: $0).event.itemCount
            }
        }
        return Double(items) / seconds
    }

    func stop() async { await writer.stop() }

    private var state: String { "\(temporary)/state" }
}
