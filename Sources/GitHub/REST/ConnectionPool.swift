import Curl
import Events
import ProviderKit
import Synchronization

/// Connections that are open and not in use, so that a poll need not begin with a handshake.
final class ConnectionPool: Sendable {
    private let idle = Mutex<[Connection]>([])
    private let settings: CurlSettings

    /// More are closed when they come back.
    static let maximumIdleCount = 16

    init(_ github: GitHubSettings) {
        var settings = CurlSettings()
        settings.certificateFile = github.certificateFile
        settings.proxy = github.proxy
        settings.addresses = github.allowsPrivateAddresses ? .any : .publicOnly(besides: github.ownHosts)
        settings.furtherHeaders = { TraceContext.headers }
        self.settings = settings
    }

    func take() throws -> Connection {
        if let connection = idle.withLock({ $0.popLast() }) { return connection }
        do {
            return try Connection(settings)
        } catch {
            throw ProviderError.transient(.localFailure, error.message)
        }
    }

    func giveBack(_ connection: Connection) {
        idle.withLock { if $0.count < Self.maximumIdleCount { $0.append(connection) } }
    }
}

/// One libcurl handle.
///
/// `@unchecked Sendable`: the pool hands it to one user at a time, and libcurl lets a handle wander between threads.
final class Connection: @unchecked Sendable {
    private var handle: CurlHandle

    init(_ settings: CurlSettings) throws(CurlError) { handle = try CurlHandle(settings) }

    var traffic: CurlTraffic { handle.traffic }

    /// Sends one request; a body that comes with an error is kept up to a limit, to tell why.
    func perform(_ request: CurlRequest, into body: AnswerBody) throws -> CurlResponse {
        try handle.perform(request, isCancelled: { Task.isCancelled }) { head, bytes in
            if (200...299).contains(head.status) {
                try body.append(bytes)
            } else if body.byteCount < Self.refusalByteCount {
                try body.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.refusalByteCount)))
            }
        }
    }

    /// About so much is kept of a body that comes with an error.
    private static let refusalByteCount = 64 << 10
}
