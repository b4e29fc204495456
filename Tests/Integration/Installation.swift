import EventLog
import Events
import FoundationEssentials
import GitHub
import Ingest
import Logging
import Projections
import ProviderKit
import Queries
import Server
import Silo
import State
import TestSupport

/// What `ingestor serve` runs, in this process: the stores, the engine, the server that takes webhooks in, the scheduler.
struct Installation: Sendable {
    let log: EventLog
    let state: StateStore
    let silo: Silo
    let witness: GapWitness
    let engine: Engine
    let provider: GitHubProvider
    let tenant: TenantID

    @Sendable static func now() -> Timestamp {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    }

    /// Opens everything in a folder, and closes it after `body`.
    static func open(
        in folder: String, _ provider: GitHubProvider, _ body: (Installation) async throws -> Void
    ) async throws {
        let log = try EventLog.open(directory: "\(folder)/log", mode: .writer)
        let state = try StateStore.open(directory: "\(folder)/state/projections", log: log, mode: .writer)
        let silo = try Silo.open(
            directory: "\(folder)/silo", locations: "\(folder)/state/locations", mode: .writer,
            options: Silo.Options(now: now, bootID: [1]))
        let witness = GapWitness(log: log, state: state, silo: silo)
        let writer = try EventLogWriter(log: log, follower: witness, executor: ThreadExecutor())
        var options = EngineOptions(spoolDirectory: "\(folder)/spool")
        options.cacheDirectory = "\(folder)/state/sources"
        options.executor = BlockingExecutor()
        options.concurrency = 8
        options.retryPolicy = RetryPolicy(maximumAttempts: 10, baseSeconds: 0.5, maximumSeconds: 5, minimumSeconds: 0.1)
        options.retryPolicy.rateLimitedSpreadSeconds = 1
        let engine = Engine(
            log: log, writer: writer, state: state, silo: silo, providers: [provider], clock: now, options: options)
        let result: Result<Void, any Error>
        do {
            let tenant = try await engine.tenant(named: "default")
            let installation = Installation(
                log: log, state: state, silo: silo, witness: witness, engine: engine, provider: provider,
                tenant: tenant)
            result = .success(try await body(installation))
        } catch {
            result = .failure(error)
        }
        await writer.stop()
        try silo.close()
        try state.close()
        try result.get()
    }

    /// Serves and works while `body` runs, which is told the port.
    func serving(_ scale: Scale, secret: String, _ body: @escaping @Sendable (_ port: Int) async throws -> Void)
        async throws
    {
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let server = IngestServer(
            configuration: ServerConfiguration(port: 0),
            receivers: [GitHubWebhookReceiver(secrets: [Secret(secret)])], intake: engine, logger: Self.logger,
            onListening: { listening.yield($0) })
        let scheduler = Scheduler(
            engine: engine, options: Self.schedule(scale), audits: [provider.deliveryAudit].compactMap { $0 })
        try await withThrowingTaskGroup(of: Void.self) { work in
            work.addTask { try await scheduler.run() }
            work.addTask { try await server.run() }
            work.addTask {
                for await port in ports { return try await body(port) }
            }
            // Whichever ends first ends it: the body, or what should not have ended.
            try await work.next()
            work.cancelAll()
            try await work.waitForAll()
        }
    }

    private static func schedule(_ scale: Scale) -> SchedulerOptions {
        var options = SchedulerOptions { until in
            let pause = Double(until.microseconds - now().microseconds) / 1e6
            if pause > 0 { try await Task.sleep(for: .seconds(pause)) }
        }
        options.polls = PollPolicy(
            intervalSeconds: scale.pollSeconds.longest, minimumSeconds: scale.pollSeconds.shortest,
            restartSpreadSeconds: 1)
        options.circuits.pauseSeconds = 1
        options.burstWindowSeconds = scale.burstSeconds
        options.auditIntervalSeconds = scale.auditSeconds.interval
        options.auditGraceSeconds = scale.auditSeconds.grace
        return options
    }

    private static var logger: Logger {
        Logger(label: "server") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .error
            return handler
        }
    }

    func queries() throws -> Queries { try Queries(log: log, state: state, silo: silo, tenant: "default") }
}
