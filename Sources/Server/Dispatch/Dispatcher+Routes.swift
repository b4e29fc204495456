import Events
import Hummingbird
import Ingest
import Logging
import ProviderKit
import Queries

extension Dispatcher {
    /// All routes of a server.
    init(
        _ configuration: ServerConfiguration, receivers: [any WebhookReceiver], intake: any WebhookIntake,
        api: APIBackend?, health: HealthRoutes, logger: Logger
    ) {
        let limits = configuration.limits
        let budget = ByteBudget(limit: limits.bufferedByteCount)
        let webhooks = WebhookRoute(
            receivers: receivers, intake: intake, reader: BodyReader(limits: limits, budget: budget), logger: logger)
        // Without a backend nobody is let in, and nothing is timed.
        let now: @Sendable () -> Timestamp
        if let api { now = api.now } else { now = { Timestamp(microseconds: 0) } }
        let sessions = api.map { backend in
            Sessions(random: backend.random, now: backend.now, administrator: { backend.administrator })
        }
        let authenticator = Authenticator(
            api, rates: RequestRates(limits, now: now),
            sessions: sessions)
        let registry = PrometheusRegistry(help: RequestMetrics.help.merging(EventMetrics.help) { first, _ in first })
        var routes = [
            Route(.get, "/healthz", .open) { _ in health.health() },
            Route(.get, "/readyz", .open) { _ in try await health.readiness() },
            Route(.post, "/webhooks/{provider}", .open) { exchange in
                try await webhooks.respond(to: exchange.request, provider: try exchange.parameter("provider"))
            },
        ]
        if let api {
            var apiLimits = limits
            apiLimits.bodyByteCount = limits.apiBodyByteCount
            let body = JSONBody(reader: BodyReader(limits: apiLimits, budget: budget))
            let streams = StreamBudget(total: limits.streamCount, perCaller: limits.streamsPerToken)
            let idempotency = Idempotency(now: api.now)
            routes += RepositoryRoutes(backend: api, body: body, idempotency: idempotency).routes
            routes += FileRoutes(backend: api, streams: streams).routes
            routes += BlobRoutes(backend: api, streams: streams).routes
            routes += EventRoutes(backend: api, streams: streams, authenticator: authenticator, limits: limits).routes
            routes += ReadRoutes(backend: api).routes
            routes += OpenAPIDocument.routes
            routes +=
                MetricsRoute(
                    backend: api, registry: registry, events: EventMetrics(factory: registry, from: Self.head(api)),
                    streams: streams, startedAt: api.now()
                ).routes
            if let sessions {
                routes +=
                    Dashboard(
                        backend: api, authenticator: authenticator, sessions: sessions, streams: streams,
                        forms: FormReader(reader: body.reader),
                        attempts: RateLimiter(now: now),
                        serverLimits: limits
                    ).routes
            }
            if let checkpoint = api.checkpoint {
                routes += ProofRoutes(backend: api, checkpoint: checkpoint).routes
            }
            routes += DeadLetterRoutes(backend: api, body: body, idempotency: idempotency).routes
        }
        self.init(
            table: RouteTable(routes), authenticator: authenticator, observer: RequestMetrics(factory: registry),
            executor: api?.executor,
            now: now, logger: logger)
    }

    /// Where the log ends now.
    private static func head(_ api: APIBackend) -> LogPosition {
        // A state that cannot be read fails every request by itself; then it is counted from the beginning.
        do { return LogPosition(try api.queries(.everything).count) } catch { return LogPosition(0) }
    }
}
