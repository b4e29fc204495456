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
    private let live: LiveConfiguration
    private let gitHub: GitHubProvider
    private let supervision: Supervision
    private let readiness: Readiness

    /// - Parameters:
    ///   - oneTimeCode: signs a browser in once.
    ///   - onListening: told the port once it is open.
    /// - Throws: where the state cannot be read.
    init(
        _ context: Context, _ store: WriteStore, _ configuration: ServerConfiguration, manager: ServiceManager? = nil,
        oneTimeCode: OneTimeCode? = nil,
        onListening: @escaping @Sendable (_ port: Int) -> Void
    ) throws {
        let live = LiveConfiguration(context)
        self.live = live
        let supervision = Supervision(manager: manager, logger: context.logger)
        self.supervision = supervision
        let readiness = Readiness(store: store, directory: context.data.path)
        self.readiness = readiness
        gitHub = store.reader.providers.gitHub
        scheduler = Scheduler(
            engine: store.engine, options: Self.schedule(context),
            audits: [gitHub.deliveryAudit].compactMap { $0 })
        collector = Self.collector(context, live, store.engine, scheduler)
        renewal = StateRenewal(state: store.reader.state, logger: context.logger)
        let reader = store.reader
        workLog = WorkLog(
            engine: store.engine,
            queries: { try Queries(log: reader.log, state: reader.state, silo: reader.silo, viewer: .everything) },
            logger: context.logger)
        server = IngestServer(
            configuration: configuration,
            receivers: [GitHubWebhookReceiver(secrets: { live.settings.gitHub.webhookSecrets })],
            intake: store.engine, api: Self.backend(context, live, store, scheduler, oneTimeCode),
            logger: context.logger, obstacles: { readiness.obstacles() },
            onListening: { port in
                supervision.isReady("Listening on port \(port)")
                onListening(port)
            })
    }

    /// Runs until `end` returns. Intake stops first, since what was answered with success has to be followed by its work, or
    /// parked; then the work under way is parked.
    func run(until end: @escaping @Sendable () async throws -> Void) async throws {
        // Until everything is parked.
        async let _: Void = supervision.watch { readiness.failure() }
        try await withThrowingTaskGroup(of: Void.self) { work in
            work.addTask { try await scheduler.run() }
            work.addTask { await renewal.run() }
            if let collector { work.addTask { try await collector.run() } }
            work.addTask { try await workLog.run() }
            try await withThrowingTaskGroup(of: Void.self) { intake in
                intake.addTask { try await server.run() }
                intake.addTask { try await end() }
                try await intake.next()
                supervision.isStopping()
                intake.cancelAll()
                try await intake.waitForAll()
            }
            work.cancelAll()
            try await work.waitForAll()
        }
    }

    /// Reads the configuration again; what changes while it runs holds from now on.
    func reload() {
        supervision.isReloading()
        live.reload { settings in
            gitHub.become(settings.gitHub.identity)
            scheduler.poll(Self.polls(settings))
        }
        supervision.isReady(
            live.reloads.lastFailed
                ? "The configuration is wrong: an older one holds" : "The configuration was read again")
    }

    private static func collector(
        _ context: Context, _ live: LiveConfiguration, _ engine: Engine, _ scheduler: Scheduler
    ) -> Collector? {
        guard context.settings.gcIntervalSeconds > 0 else { return nil }
        let logger = context.logger
        var options = CollectorOptions(
            collect: {
                let settings = live.settings
                var collect = settings.collectOptions
                collect.recompresses = settings.gcRecompresses
                return collect
            },
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
        options.intervalSeconds = Double(context.settings.gcIntervalSeconds)
        return Collector(engine: engine, options: options)
    }

    @Sendable private static func sleep(until: Timestamp) async throws {
        let pause = Double(until.microseconds - Context.now().microseconds) / 1e6
        if pause > 0 { try await Task.sleep(for: .seconds(pause)) }
    }

    /// What the HTTP API and the dashboard stand on.
    private static func backend(
        _ context: Context, _ live: LiveConfiguration, _ store: WriteStore, _ scheduler: Scheduler,
        _ oneTimeCode: OneTimeCode?
    ) -> APIBackend {
        let reader = store.reader
        var backend = APIBackend(
            engine: store.engine,
            queries: { viewer in
                try Queries(log: reader.log, state: reader.state, silo: reader.silo, viewer: viewer)
            },
            oneTimeCode: oneTimeCode, providers: reader.providers.all.map(\.name),
            isLocal: { locator in
                switch locator.provider {
                case DirectoryProvider().name: return true
                // What whoever runs the service may read, who has a tenant's token must not make it read.
                case GitProvider.providerName:
                    // What cannot be read is refused, with the reason, where it is added.
                    do {
                        return try context.settings.allowsPrivateAddresses != true
                            && !reader.providers.git.liesInPublicNetwork(locator)
                    } catch { return false }
                default: return false
                }
            }, pause: { reader.providers.pause(of: $0, for: $1, at: $2) },
            checkpoint: { try await store.checkpointForm(context) },
            schedule: { scheduler.status }, concurrency: context.settings.concurrency,
            summary: { EventSummary.text($0) }, now: { Context.now() },
            random: { try secureRandomBytes($0) }, executor: ThreadPoolExecutor())
        backend.adminToken = { live.settings.adminToken }
        backend.reloads = { live.reloads }
        return backend
    }

    private static func polls(_ settings: Settings) -> PollPolicy {
        var polls = PollPolicy()
        polls.intervalSeconds = Double(settings.pollIntervalSeconds)
        polls.minimumSeconds = min(Double(settings.minimumPollIntervalSeconds), polls.intervalSeconds)
        return polls
    }

    private static func schedule(_ context: Context) -> SchedulerOptions {
        let (settings, logger) = (context.settings, context.logger)
        var options = SchedulerOptions(sleep: Self.sleep)
        options.concurrency = settings.concurrency
        options.polls = polls(settings)
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
