import Events
import Hummingbird
import Ingest
import Logging
import ProviderKit

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
        let authenticator = Authenticator(
            api, rates: RateLimiter(perSecond: limits.requestsPerSecond, burst: limits.requestBurst, now: now),
            sessions: api.map { Sessions(random: $0.random, now: $0.now) })
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
            routes += DeadLetterRoutes(backend: api, body: body, idempotency: idempotency).routes
        }
        self.init(
            table: RouteTable(routes), authenticator: authenticator, observer: NoObserver(), executor: api?.executor,
            now: now, logger: logger)
    }
}
