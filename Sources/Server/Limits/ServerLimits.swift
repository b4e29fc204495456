/// How much the server takes on. Beyond a limit it refuses, and says which.
public struct ServerLimits: Sendable, Equatable {
    /// Longest body in bytes. GitHub sends none above 25 MiB.
    public var bodyByteCount = 26_214_400
    /// Longest head of a request in bytes: all its fields together, and each of them. What is to be explained may be a path of
    /// thousands of characters, each of up to twelve bytes in a URL.
    public var headByteCount = 64 << 10
    /// Fields in the head of a request.
    public var headFieldCount = 100
    /// From the end of a request's head to the end of its body. GitHub gives up after 10 seconds.
    public var bodySeconds = 10.0
    /// How long a connection may lie idle, also while a head arrives.
    public var idleSeconds = 30.0
    /// How long what a sender still sends is read and thrown away after it was refused, so that it sees the answer.
    public var lingerSeconds = 2.0
    /// Bodies of all requests together, in bytes as received. Without an announced length one takes up to three times as much
    /// memory while it grows.
    public var bufferedByteCount = 256 << 20
    /// Connections at once. Further ones wait in the system's queue.
    public var connectionCount = 1024
    /// Length of that queue.
    public var backlog = 1024
    /// What a sender is told to wait where a report could not be made durable, or there is no room for it.
    public var retryAfterSeconds = 10
    /// Longest body of a request to the API, in bytes.
    public var apiBodyByteCount = 256 << 10
    /// Requests that one token may send a second, and in one moment.
    public var requestsPerSecond = 500.0
    public var requestBurst = 1000.0
    /// Attempts to sign in that are taken a second, of all together, and in one moment.
    public var signInsPerSecond = 2.0
    public var signInBurst = 20.0
    /// Answers that take long (events that are followed, large contents, whole listings): of one token at once, and of all.
    public var streamsPerToken = 16
    public var streamCount = 128
    /// How often streams look for new events.
    public var followSeconds = 0.2
    /// After how long without an event a stream says that it is still there.
    public var heartbeatSeconds = 15.0
    /// How long a reader may take nothing of what is waiting for it.
    public var stallSeconds = 60.0
    /// How long requests under way have to end in a shutdown.
    public var shutdownSeconds = 10.0

    public init() {}
}
