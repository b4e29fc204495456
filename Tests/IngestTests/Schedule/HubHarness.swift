import EventLog
import Events
import GitHubSimulator
import Ingest
import Projections
import ProviderKit
import Queries
import Silo
import State
import Synchronization
import TestSupport
import Testing

/// A clock that stands still until it is told to move, and wakes those who sleep.
final class ManualClock: Sendable {
    private struct State {
        var now = Timestamp(seconds: 1_700_000_000)
        var sleepers: [UInt64: (until: Timestamp, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var nextNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { $0.now } }

    /// When the first of those who sleep wants to wake up.
    var nextWake: Timestamp? { state.withLock { $0.sleepers.values.map(\.until).min() } }

    func advance(to time: Timestamp) {
        let awake = state.withLock { state in
            state.now = max(state.now, time)
            let awake = state.sleepers.filter { $0.value.until <= state.now }
            for number in awake.keys { state.sleepers[number] = nil }
            return awake.values.map(\.continuation)
        }
        for continuation in awake { continuation.resume() }
    }

    func advance(seconds: Double) { advance(to: now.adding(seconds: seconds)) }

    func sleep(until time: Timestamp) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if time <= state.now { return .success(()) }
                    state.sleepers[number] = (time, continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation
                .resume(throwing: CancellationError())
        }
    }
}

/// An engine on real stores in a folder, with a source in memory and a clock that a test moves.
struct HubHarness: Sendable {
    let folder: String
    let hub: FakeHub
    let clock: ManualClock
    let log: EventLog
    let state: StateStore
    let silo: Silo
    let writer: EventLogWriter
    let engine: Engine
    let options: SchedulerOptions

    /// - Parameter folder: where stores may be from before.
    static func open(
        in folder: String, hub: FakeHub, clock: ManualClock, _ change: (inout EngineOptions) -> Void = { _ in },
        _ body: (HubHarness) async throws -> Void
    ) async throws {
        var options = EngineOptions(spoolDirectory: "\(folder)/spool")
        options.executor = BlockingExecutor()
        change(&options)
        let log = try EventLog.open(directory: "\(folder)/log", mode: .writer)
        let state = try StateStore.open(directory: "\(folder)/state/projections", log: log, mode: .writer)
        let silo = try Silo.open(
            directory: "\(folder)/silo", locations: "\(folder)/state/locations", mode: .writer,
            options: Silo.Options(now: { clock.now }, bootID: [1]))
        let writer = try EventLogWriter(log: log, follower: state, executor: ThreadExecutor())
        let engine = Engine(
            log: log, writer: writer, state: state, silo: silo, providers: [hub], clock: { clock.now },
            options: options)
        let schedule = SchedulerOptions(sleep: { try await clock.sleep(until: $0) })
        let harness = HubHarness(
            folder: folder, hub: hub, clock: clock, log: log, state: state, silo: silo, writer: writer, engine: engine,
            options: schedule)
        do { try await body(harness) } catch {
            await writer.stop()
            try silo.close()
            try state.close()
            throw error
        }
        await writer.stop()
        try silo.close()
        try state.close()
    }

    static func run(
        _ change: @escaping @Sendable (inout EngineOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (HubHarness) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await open(in: folder, hub: FakeHub(), clock: ManualClock(), change, body)
        }
    }

    func add(_ name: String, externalID: UInt64, at commit: Int = 0, tenant: String = "default") async throws
        -> RepositoryID
    {
        hub.set(name, externalID: externalID, at: commit)
        return try await engine.addRepository(
            FakeHub.locator(name), configuration: RepositoryConfiguration(),
            tenant: try await engine.tenant(named: tenant)
        ).id
    }

    func row(_ id: RepositoryID) throws -> RepositoryRow {
        try #require(try state.read { view in try view.repository(id) })
    }

    @discardableResult
    func push(
        _ name: String, externalID: UInt64, from before: Int, to after: Int, delivery: String? = nil
    ) async throws -> WebhookReceipt {
        let repository = ReportedRepository(
            externalID: externalID, locator: FakeHub.locator(name), defaultBranch: Array("main".utf8))
        let change = ReportedRefChange(
            repository: repository, ref: Array("refs/heads/main".utf8), before: FakeHub.commit(before),
            after: FakeHub.commit(after))
        return try await report(.ref(change), delivery: delivery ?? "\(name)-\(before)-\(after)")
    }

    @discardableResult
    func report(_ content: WebhookReport.Content, delivery: String, event: String = "push") async throws
        -> WebhookReceipt
    {
        let report = WebhookReport(delivery: delivery, event: event, installation: 3, content: content)
        return try await engine.receive(
            ReceivedWebhook(provider: "hub", report: report, body: Array("{\"\(delivery)\":1}".utf8), secret: 0))
    }

    func queries(_ tenant: String = "default") throws -> Queries {
        try Queries(log: log, state: state, silo: silo, tenant: tenant)
    }

    func count(_ kind: EventKind) throws -> Int { try events(kind).count }

    func events(_ kind: EventKind) throws -> [Envelope] {
        let positions = try state.read { view in
            var positions: [LogPosition] = []
            try view.forEachPosition(.kind(kind)) {
                positions.append($0)
                return true
            }
            return positions
        }
        return try log.read { snapshot in try positions.compactMap { try snapshot.envelope(at: $0) } }
    }

    /// Runs a scheduler beside `body`, and ends it.
    func withScheduler(
        _ change: (inout SchedulerOptions) -> Void = { _ in }, audits: [any DeliveryAudit] = [],
        _ body: @escaping @Sendable (Scheduler) async throws -> Void
    ) async throws {
        var options = options
        change(&options)
        let scheduler = Scheduler(engine: engine, options: options, audits: audits)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            try await body(scheduler)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Waits until something is so; the clock stands still meanwhile.
    func eventually(
        _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
    ) async throws {
        for _ in 0..<5000 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record(what, sourceLocation: sourceLocation)
        throw CancellationError()
    }

    /// Waits until nothing is under way and the scheduler rests.
    func settle(_ scheduler: Scheduler, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        var quiet = 0
        try await eventually("the scheduler does not come to rest", sourceLocation: sourceLocation) {
            let jobs = try state.read { view in try view.jobs() }
            let isQuiet =
                scheduler.status.running.isEmpty && clock.nextWake.map { $0 > clock.now } ?? false
                && !jobs.contains { $0.state == .started }
            quiet = isQuiet ? quiet + 1 : 0
            return quiet > 5
        }
    }

    /// Moves the clock on, stopping wherever somebody wants to wake up.
    func pass(seconds: Double, _ scheduler: Scheduler) async throws {
        let end = clock.now.adding(seconds: seconds)
        while true {
            try await settle(scheduler)
            guard let next = clock.nextWake, next <= end else { break }
            clock.advance(to: next)
        }
        clock.advance(to: end)
    }
}

extension HubHarness {
    /// Appends what a process that was lost had recorded.
    func append(_ event: Event, of id: RepositoryID, job: LogPosition) async throws {
        let row = try row(id)
        let draft = EventDraft(
            event, tenant: row.tenant, domain: row.domain, repository: .position(LogPosition(id.rawValue)),
            correlation: .position(job))
        _ = try await writer.append([draft], at: clock.now)
    }
}
