import Hummingbird
import HummingbirdCore
public import Ingest
public import Logging
import NIOCore
public import ProviderKit
import ServiceLifecycle

/// Serves webhooks, the API and the dashboard over HTTP/1.1, and tells whether the process is well.
public struct IngestServer: Sendable {
    private let configuration: ServerConfiguration
    private let dispatcher: Dispatcher
    private let onListening: @Sendable (_ port: Int) async -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - receivers: one for each provider whose sources report changes by themselves.
    ///   - intake: where genuine reports go.
    ///   - api: what the API stands on; nil: there is none.
    ///   - obstacles: why the process cannot do its work now, for `/readyz`; empty where it can.
    ///   - onListening: called once, when the port is open, with its number.
    public init(
        configuration: ServerConfiguration, receivers: [any WebhookReceiver], intake: any WebhookIntake,
        api: APIBackend? = nil, logger: Logger,
        obstacles: @escaping @Sendable () async -> [String] = { [] },
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.configuration = configuration
        dispatcher = Dispatcher(
            configuration, receivers: receivers, intake: intake, api: api, health: HealthRoutes(obstacles: obstacles),
            logger: logger)
        self.onListening = onListening
        self.logger = logger
    }

    /// Serves until its task is cancelled, or the group of services that it runs in shuts down. Then no connection is
    /// accepted any more, requests under way are answered, and it returns; those that take longer than
    /// ``ServerLimits/shutdownSeconds`` are cancelled.
    ///
    /// - Throws: ``ServerError`` where the address cannot be listened on.
    public func run() async throws {
        var groupConfiguration = ServiceGroupConfiguration(services: [service()], logger: quietLogger)
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

    private func service() -> any Service {
        guard let socket = configuration.inheritedSocket else { return application() }
        let (dispatcher, logger, onListening) = (dispatcher, quietLogger, onListening)
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                let context = Dispatcher.Context(source: .init(channel: channel, logger: logger))
                var response = try await dispatcher.respond(to: request, context: context)
                response.headers[.date] = HTTPDate.text(dispatcher.now())
                response.headers[.server] = Self.name
                try await writer.write(response: response.head, body: response.body)
            }, configuration: channelConfiguration)
        return InheritedSocketServer(
            socket: socket, channel: channel, maximumConnections: configuration.limits.connectionCount, logger: logger,
            onRunning: { channel in await onListening(channel.localAddress?.port ?? 0) })
    }

    private static let name = "ingestor"

    private var channelConfiguration: HTTP1Channel.Configuration {
        let limits = configuration.limits
        let bodyTime = TimeAmount.seconds(limits.bodySeconds)
        let lingerTime = TimeAmount.seconds(limits.lingerSeconds)
        let stallTime = TimeAmount.seconds(limits.stallSeconds)
        return .init(
            additionalChannelHandlers: [
                ConnectionGuard(bodyTime: bodyTime, lingerTime: lingerTime, stallTime: stallTime)
            ],
            idleTimeout: .seconds(limits.idleSeconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headByteCount, maxHeaderListSize: limits.headByteCount,
                maxHeaderFieldCount: limits.headFieldCount))
    }

    private func application() -> some ApplicationProtocol {
        let limits = configuration.limits
        let onListening = onListening
        return Application(
            responder: dispatcher,
            server: .http1(configuration: channelConfiguration),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port), serverName: Self.name,
                backlog: limits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionCount, logger: quietLogger)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: quietLogger)
    }
}

extension TimeAmount {
    /// Fractions of a second count.
    fileprivate static func seconds(_ seconds: Double) -> TimeAmount { .nanoseconds(Int64(seconds * 1e9)) }
}
