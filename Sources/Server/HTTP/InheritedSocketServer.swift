import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// Serves on a socket that is open already, which the framework's own server cannot: it binds an address itself.
struct InheritedSocketServer: Service {
    let socket: CInt
    let channel: HTTP1Channel
    let maximumConnections: Int
    let logger: Logger
    let onRunning: @Sendable (any Channel) async -> Void

    /// - Returns: once the service is to end and the requests under way are answered.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let (channel, logger, maximumConnections) = (channel, logger, maximumConnections)
        let listening = try await ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .serverChannelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler(
                            delegate: MaximumAvailableConnections(maximumConnections, logger: logger)))
                    try server.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: server))
                }
            }
            .bind(socket) { child in channel.setup(channel: child, logger: logger) }
        try await withGracefulShutdownHandler {
            await onRunning(listening.channel)
            try await withThrowingDiscardingTaskGroup { requests in
                try await listening.executeThenClose { connections in
                    for try await connection in connections {
                        requests.addTask { await channel.handle(value: connection, logger: logger) }
                    }
                }
            }
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: nil)
        }
    }
}
