import Directory
import Events
import Git
import GitHub
import Ingest
import Logging
import OpenSSL
import Projections
import ProviderKit
import Queries
import Server
import State

/// What `serve` runs: the server that takes webhooks in, and the scheduler that does what is due.
struct Service: Sendable {
    private let server: IngestServer
    private let scheduler: Scheduler
    /// Nil where it never collects by itself.
    private let collector: Collector?
    private let renewal: StateRenewal
    private let workLog: WorkLog

    /// - Parameters:
    ///   - oneTimeCode: signs a browser in once.
    ///   - onListening: told the port once it is open.
    /// - Throws: where the state cannot be read.
    init(
        _ context: Context, _ store: WriteStore, _ configuration: ServerConfiguration,
        oneTimeCode: OneTimeCode? = nil,
        onListening: @escaping @Sendable (_ port: Int) -> Void
    ) throws {
        let providers = store.reader.providers
        scheduler = Scheduler(
            engine: store.engine, options: Self.schedule(context),
            audits: [providers.gitHub.deliveryAudit].compactMap { $0 })
        collector = Self.collector(context, store.engine, scheduler)
        renewal = StateRenewal(state: store.reader.state, logger: context.logger)
        let reader = store.reader
        workLog = WorkLog(
            engine: store.engine,
            queries: { try Queries(log: reader.log, state: reader.state, silo: reader.silo, viewer: .everything) },
            logger: context.logger)
        server = IngestServer(
            configuration: configuration,
            receivers: [GitHubWebhookReceiver(secrets: context.settings.gitHub.webhookSecrets)],
            intake: store.engine, api: Self.backend(context, store, scheduler, oneTimeCode), logger: context.logger,
            onListening: { onListening($0) })
    }

    /// Runs until `end` returns. Intake stops first, since what was answered with success has to be followed by its work, or
    /// parked; then the work under way is parked.
    func run(until end: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { work in
            work.addTask { try await scheduler.run() }
            work.addTask { await renewal.run() }
            if let collector { work.addTask { try await collector.run() } }
            work.addTask { try await workLog.run() }
            try await withThrowingTaskGroup(of: Void.self) { intake in
                intake.addTask { try await server.run() }
                intake.addTask { try await end() }
                try await intake.next()
                intake.cancelAll()
                try await intake.waitForAll()
            }
            work.cancelAll()
            try await work.waitForAll()
        }
    }

    private static func collector(_ context: Context, _ engine: Engine, _ scheduler: Scheduler) -> Collector? {
        let settings = context.settings
        guard settings.gcInterval > 0 else { return nil }
        var collect = settings.collectOptions
        collect.recompresses = settings.gcRecompresses
        let logger = context.logger
        var options = CollectorOptions(
            collect: collect,
            isIdle: {
                let status = scheduler.status
                return status.running.isEmpty && status.waiting == 0
            },
            report: { result in
                switch result {
                case .success(let report):
                    if let first = report.differences.first {
                        logger.error(
                            "nothing was deleted: references and files do not agree; run `ingestor gc`",
                            metadata: ["sha": "\(first.hash.hex)", "differences": "\(report.differences.count)"])
                    }
                    logger.info(
                        "garbage was collected",
                        metadata: [
                            "released": "\(report.released)", "deleted": "\(report.deleted)",
                            "bytesFreed": "\(report.bytesFreed)",
                        ])
                case .failure(let error):
                    logger.error("collecting garbage failed", metadata: ["reason": "\(error)"])
                }
            }, sleep: Self.sleep)
        options.intervalSeconds = Double(settings.gcInterval)
        return Collector(engine: engine, options: options)
    }

    @Sendable private static func sleep(until: Timestamp) async throws {
        let pause = Double(until.microseconds - Context.now().microseconds) / 1e6
        if pause > 0 { try await Task.sleep(for: .seconds(pause)) }
    }

    /// What the HTTP API and the dashboard stand on.
    private static func backend(
        _ context: Context, _ store: WriteStore, _ scheduler: Scheduler, _ oneTimeCode: OneTimeCode?
    ) -> APIBackend {
        let reader = store.reader
        let defaultTenant = DefaultTenant(state: reader.state)
        return APIBackend(
            engine: store.engine,
            queries: { viewer in
                try Queries(log: reader.log, state: reader.state, silo: reader.silo, viewer: viewer)
            },
            adminToken: context.settings.adminToken, oneTimeCode: oneTimeCode,
            providers: reader.providers.all.map(\.name),
            localProviders: { tenant in
                // What the operator may read in private networks, whoever has a token of that tenant must not make it read.
                let readsNetwork = context.settings.allowsPrivateAddresses == nil && defaultTenant.matches(tenant)
                return Set([DirectoryProvider().name] + (readsNetwork ? [GitProvider.providerName] : []))
            }, pause: { reader.providers.pause(of: $0, for: $1, at: $2) },
            checkpoint: { try await store.checkpointForm(context) },
            schedule: { scheduler.status }, concurrency: context.settings.concurrency,
            summary: { EventSummary.text($0) }, now: { Context.now() },
            random: { try secureRandomBytes($0) }, executor: ThreadPoolExecutor())
    }

    private static func schedule(_ context: Context) -> SchedulerOptions {
        let (settings, logger) = (context.settings, context.logger)
        var options = SchedulerOptions(sleep: Self.sleep)
        options.concurrency = settings.concurrency
        options.polls.intervalSeconds = Double(settings.pollInterval)
        options.polls.minimumSeconds = min(Double(settings.minimumPollInterval), Double(settings.pollInterval))
        options.auditChanged = { provider, failure in
            guard let failure else {
                return logger.info("the list of deliveries can be read again", metadata: ["provider": "\(provider)"])
            }
            logger.warning(
                "the list of deliveries cannot be read: until it can, lost webhooks are found by polls alone",
                metadata: ["provider": "\(provider)", "error": "\(failure)"])
        }
        return options
    }
}
