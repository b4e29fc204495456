import Hummingbird
public import Logging

/// A Git server on loopback: real repositories, real protocol, faults on demand.
///
/// It runs `git http-backend` for each request, so protocol v2, v0, shallow and partial fetches behave as git makes them.
/// ```swift
/// try await GitServer.withServer(.init(root: folder)) { server in
///     // folder/project.git is now at server.url("project.git")
///     server.inject(.cut(afterBytes: 1000), on: [.fetch], times: 1)
/// }
/// ```
public struct GitServer: Sendable {
    public struct Configuration: Sendable {
        /// The folder whose repositories are served.
        public var root: String
        public var host = "127.0.0.1"
        /// 0 takes a free one.
        public var port = 0
        /// `uploadpack.allowFilter`: partial fetches (`filter blob:none`).
        public var allowFilter = true
        /// `uploadpack.allowAnySHA1InWant`. Matters to protocol v0 alone: v2 serves any object by its id.
        public var allowAnySHA1InWant = true
        /// More git settings, as `uploadpack.hideRefs`.
        public var gitConfiguration: [String: String] = [:]
        /// Longest request body, in bytes; a longer one is answered with 413.
        public var requestLimitBytes = 64 << 20
        /// A request that takes longer is cut.
        public var requestTimeout = Duration.seconds(900)
        /// A connection without a request is closed after so many seconds.
        public var idleTimeoutSeconds: Int64 = 60
        public var logger = Logger(label: "git-server") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .critical
            return handler
        }

        public init(root: String) { self.root = root }
    }

    /// The port it listens on.
    public let port: Int
    private let host: String
    private let faults: FaultBoard
    private let meter: TrafficMeter

    /// `http://host:port`, without a slash at the end.
    public var url: String { "http://\(host):\(port)" }

    /// The address of a repository, by its path under the root.
    public func url(_ repository: String) -> String { "\(url)/\(repository)" }

    /// Serves while `body` runs. Afterwards the port is closed, and no child is left.
    public static func withServer<R>(
        _ configuration: Configuration, isolation: isolated (any Actor)? = #isolation,
        _ body: (GitServer) async throws -> R
    ) async throws -> R {
        let (faults, meter) = (FaultBoard(), TrafficMeter())
        let responder = GitResponder(configuration: configuration, faults: faults, meter: meter)
        return try await serving(responder) { port in
            try await body(GitServer(port: port, host: configuration.host, faults: faults, meter: meter))
        }
    }

    /// Serves by a responder while `body` runs, which gets the port.
    static func serving<R>(
        _ responder: GitResponder, isolation: isolated (any Actor)? = #isolation,
        _ body: (_ port: Int) async throws -> R
    ) async throws -> R {
        let configuration = responder.configuration
        let (ports, listening) = AsyncThrowingStream<Int, any Error>.makeStream()
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: .seconds(configuration.idleTimeoutSeconds))),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { channel in listening.yield(channel.localAddress?.port ?? configuration.port) },
            logger: configuration.logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await application.run()
                    listening.finish()
                } catch {
                    listening.finish(throwing: error)
                    throw error
                }
            }
            var iterator = ports.makeAsyncIterator()
            guard let port = try await iterator.next() else {
                throw SimulatorError(code: .server, message: "the server stopped before it listened")
            }
            let result = try await body(port)
            group.cancelAll()
            // The server's own end by cancellation is no failure of the body.
            while let ended = await group.nextResult() { _ = ended }
            return result
        }
    }

    // MARK: Faults

    /// From now on requests of these kinds (nil for all) meet the fault, so many times (nil for ever).
    public func inject(_ fault: Fault, on kinds: Set<RequestKind>? = nil, times: Int? = nil) {
        faults.add(fault, on: kinds, times: times)
    }

    /// Takes all faults back and lets requests that hang go on.
    public func clearFaults() { faults.clear() }

    // MARK: Traffic

    /// What has passed so far.
    public var traffic: Traffic { meter.traffic }

    /// Starts counting from nothing.
    public func resetTraffic() { meter.reset() }
}
