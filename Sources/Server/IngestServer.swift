import Hummingbird
import HummingbirdCore
public import Ingest
public import Logging
import NIOCore
public import ProviderKit
import ServiceLifecycle

/// Serves webhooks over HTTP/1.1, and tells whether the process is well.
public struct IngestServer: Sendable {
    private let configuration: ServerConfiguration
    private let webhooks: WebhookRoute
    private let health: HealthRoutes
    private let onListening: @Sendable (_ port: Int) async -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - receivers: one for each provider whose sources report changes by themselves.
    ///   - intake: where genuine reports go.
    ///   - obstacles: why the process cannot do its work now, for `/readyz`; empty where it can.
    ///   - onListening: called once, when the port is open, with its number.
    public init(
        configuration: ServerConfiguration, receivers: [any WebhookReceiver], intake: any WebhookIntake, logger: Logger,
        obstacles: @escaping @Sendable () async -> [String] = { [] },
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        let budget = ByteBudget(limit: configuration.limits.bufferedByteCount)
        webhooks = WebhookRoute(
            receivers: receivers, intake: intake, reader: BodyReader(limits: configuration.limits, budget: budget),
            logger: logger)
        health = HealthRoutes(obstacles: obstacles)
        self.onListening = onListening
        self.logger = logger
    }

    /// Serves until its task is cancelled, or the group of services that it runs in shuts down. Then no connection is
    /// accepted any more, requests under way are answered, and it returns; those that take longer than
    /// ``ServerLimits/shutdownSeconds`` are cancelled.
    ///
    /// - Throws: ``ServerError`` where the address cannot be listened on.
    public func run() async throws {
        var groupConfiguration = ServiceGroupConfiguration(services: [application()], logger: quietLogger)
        groupConfiguration.maximumGracefulShutdownDuration = .seconds(configuration.limits.shutdownSeconds)
        let group = ServiceGroup(configuration: groupConfiguration)
        // A task of its own, since a cancellation must not reach requests under way. It never outlives this call.
        let serving = Task { try await group.run() }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                Task { await group.triggerGracefulShutdown() }
            }
        } catch is CancellationError {
            logger.warning("Requests were cancelled: they took longer than a shutdown may")
        } catch {
            throw ServerError(cannotServe: configuration, error)
        }
    }

    /// The framework tells what it does at levels that are ours.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private func application() -> some ApplicationProtocol {
        let limits = configuration.limits
        let bodyTime = TimeAmount.seconds(limits.bodySeconds)
        let lingerTime = TimeAmount.seconds(limits.lingerSeconds)
        let onListening = onListening
        return Application(
            router: router(),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard(bodyTime: bodyTime, lingerTime: lingerTime)],
                    idleTimeout: .seconds(limits.idleSeconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: limits.headByteCount, maxHeaderListSize: limits.headByteCount,
                        maxHeaderFieldCount: limits.headFieldCount))),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port), serverName: "ingestor",
                backlog: limits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionCount, logger: quietLogger)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: quietLogger)
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ProblemMiddleware(logger: logger))
        router.get("healthz") { [health] _, _ in health.health() }
        router.get("readyz") { [health] _, _ in try await health.readiness() }
        router.post("webhooks/:provider") { [webhooks] request, context in
            try await webhooks.respond(to: request, provider: try context.parameters.require("provider"))
        }
        for method in [HTTPRequest.Method.get, .put, .patch, .delete] {
            router.on("webhooks/:provider", method: method) { _, _ -> Response in
                throw Problem(
                    status: .methodNotAllowed, code: "wrongMethod", detail: "reports are sent with POST", allow: "POST")
            }
        }
        return router
    }
}

extension TimeAmount {
    /// Fractions of a second count.
    fileprivate static func seconds(_ seconds: Double) -> TimeAmount { .nanoseconds(Int64(seconds * 1e9)) }
}
