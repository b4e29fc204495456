import Hummingbird
public import Logging

/// A GitHub on loopback: REST, Git over HTTP, Apps, webhooks, large files, quotas, and faults on demand.
///
/// Repositories are real ones on disk, in a folder of its own each; pushes made through `HostedRepository` are signed and
/// told to the webhooks as GitHub tells them.
/// ```swift
/// try await GitHubServer.withServer(.init(root: folder)) { server in
///     let repository = try server.addRepository("acme/widgets", files: ["README": "hello\n"])
///     server.setWebhook(url: "http://127.0.0.1:8080/webhooks/github", secret: "s3cret")
///     try repository.push(["README": "changed\n"])
///     try await server.webhooksSettled()
/// }
/// ```
public final class GitHubServer: Sendable {
    /// What stands before the paths of REST, as on an Enterprise Server.
    public static let apiPath = "/api/v3"

    public struct Configuration: Sendable {
        /// A folder for repositories and large files.
        public var root: String
        public var host = "127.0.0.1"
        /// 0 takes a free one.
        public var port = 0
        public var clock = SimulatedClock()
        public var limits = Limits()
        /// Decides tokens, delivery ids and all faults that come by chance.
        public var seed: UInt64 = 1
        /// Who pushes, renames and installs where nobody else is named.
        public var sender = "ada"
        /// Webhooks sent at the same time; with 1 they arrive in the order of the events.
        public var deliveryConcurrency = 1
        /// More git settings, as `uploadpack.hideRefs`.
        public var gitConfiguration: [String: String] = [:]
        public var logger = Logger(label: "github-server") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .critical
            return handler
        }

        public init(root: String) { self.root = root }
    }

    let world: World
    /// The port it listens on.
    public let port: Int
    private let host: String

    private init(world: World, port: Int) {
        (self.world, self.port, host) = (world, port, world.configuration.host)
    }

    // MARK: Addresses

    /// Where Git, large files and OAuth are, as `https://github.com`; without a slash at the end.
    public var gitURL: String { "http://\(host):\(port)" }

    /// Where REST is, as `https://api.github.com`; without a slash at the end.
    public var apiURL: String { gitURL + Self.apiPath }

    /// From here on answers name this address in links and redirects: that of something in front, which ends TLS.
    public func setPublicURL(_ url: String) { world.listens(at: url) }

    // MARK: Serving

    /// Serves while `body` runs. Afterwards the port is closed, and neither child nor webhook is left.
    public static func withServer<R>(
        _ configuration: Configuration, isolation: isolated (any Actor)? = #isolation,
        _ body: (GitHubServer) async throws -> R
    ) async throws -> R {
        let world = World(configuration)
        defer { world.close() }
        var git = GitServer.Configuration(root: configuration.root)
        git.host = configuration.host
        git.port = configuration.port
        git.gitConfiguration = ["http.receivepack": "true"].merging(configuration.gitConfiguration) { $1 }
        git.logger = configuration.logger
        let responder = GitResponder(configuration: git, faults: world.faults, meter: world.meter) {
            try await world.answer($0, latency: $1)
        }
        return try await GitServer.serving(responder) { port in
            let server = GitHubServer(world: world, port: port)
            world.listens(at: server.gitURL)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await world.sendWebhooks() }
                let result = try await body(server)
                group.cancelAll()
                return result
            }
        }
    }

    // MARK: Faults and traffic

    /// From now on requests meet the fault.
    /// - Parameters:
    ///   - kinds: which requests; nil for all.
    ///   - path: only those whose path contains it.
    ///   - times: how often it strikes; nil for ever.
    ///   - probability: how likely it strikes a request that it could.
    public func inject(
        _ fault: Fault, on kinds: Set<RequestKind>? = nil, path: String? = nil, times: Int? = nil,
        probability: Double = 1
    ) {
        world.faults.add(fault, on: kinds, path: path, times: times, probability: probability)
    }

    /// Takes all faults back and lets requests that hang go on.
    public func clearFaults() { world.faults.clear() }

    /// What has passed so far.
    public var traffic: Traffic { world.meter.traffic }

    /// Starts counting from nothing.
    public func resetTraffic() { world.meter.reset() }

    /// Moves the clock ahead: tokens expire, quotas start anew.
    public func advanceClock(bySeconds seconds: Int64) { world.clock.advance(bySeconds: seconds) }
}
