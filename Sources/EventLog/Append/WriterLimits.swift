import Events
import Synchronization

/// How much the writer takes at a time.
public struct WriterLimits: Sendable {
    /// Events in one transaction, unless a single request has more.
    public var batchEvents = 4096
    /// Bytes in one transaction, unless a single request has more: 16 MiB.
    public var batchBytes = 16 << 20
    /// Bytes of one request: 160 MiB, enough for any two records.
    public var requestBytes = 160 << 20
    /// Requests that wait or are being written. More are refused.
    public var pendingRequests = 16_384
    /// Bytes that wait or are being written: 512 MiB. More are refused.
    public var pendingBytes = 512 << 20

    /// Events of one request: references within it have to reach from its last to its first.
    public static let requestEvents = Reference.maximumDistance

    public init() {}

    /// The limits, changed by `change`.
    public init(_ change: (inout WriterLimits) -> Void) { change(&self) }
}

/// Counts what waits, so that the queue has an end. Asked before a request goes to the writer, which may be busy.
final class Admission: Sendable {
    private struct Load {
        var requests = 0
        var bytes = 0
    }

    private let limits: WriterLimits
    private let load = Mutex(Load())

    init(_ limits: WriterLimits) { self.limits = limits }

    func enter(bytes: Int) throws(AppendError) {
        let refusal: AppendError? = load.withLock { load in
            if load.requests >= limits.pendingRequests { return .overloaded("\(load.requests) requests") }
            // An otherwise idle writer takes a request of any permitted size.
            if load.requests > 0, load.bytes + bytes > limits.pendingBytes { return .overloaded("\(load.bytes) bytes") }
            load.requests += 1
            load.bytes += bytes
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave(bytes: Int) {
        load.withLock { load in
            load.requests -= 1
            load.bytes -= bytes
        }
    }
}
