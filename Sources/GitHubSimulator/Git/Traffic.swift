import Synchronization

/// What a request asks of a server.
public enum RequestKind: String, Sendable, Hashable {
    /// `GET …/info/refs`: the capabilities, and with protocol v0 the references too.
    case capabilities
    /// Protocol v2's `ls-refs`.
    case lsRefs
    /// A request for a pack, in either protocol.
    case fetch
    /// A call of the REST API.
    case rest
    /// A call of the large files' batch API, or the download of one.
    case largeFile
    case other
}

/// One request as the server saw it.
public struct RequestRecord: Sendable, Hashable {
    public var kind: RequestKind
    public var method: String
    /// The path, percent-decoded, without the query.
    public var path: String
    /// The value of `Git-Protocol`; nil where the client sent none.
    public var gitProtocol: String?
    /// The body as it came over the wire, compressed if it was; bytes, heads left out.
    public var receivedBytes: Int
    /// The body as it was sent so far; bytes, heads and chunk framing left out.
    public var sentBytes: Int
    /// nil while there is no answer.
    public var status: Int?
}

/// What has passed through a server since it started or since `resetTraffic()`.
public struct Traffic: Sendable {
    /// How many records are kept; older ones are dropped, the counts go on.
    public static let recordLimit = 10_000

    /// Requests that have arrived, answered or not.
    public var count = 0
    /// Bytes of all request bodies.
    public var receivedBytes = 0
    /// Bytes of all response bodies.
    public var sentBytes = 0
    /// The newest requests, oldest first.
    public var requests: [RequestRecord] = []

    public func count(of kind: RequestKind) -> Int { requests.count { $0.kind == kind } }
}

/// Counts while requests run.
final class TrafficMeter: Sendable {
    private struct Meter {
        var traffic = Traffic()
        /// Position of the first record kept, and of the reset that records before it do not survive.
        var first = 0
    }

    private let meter = Mutex(Meter())

    var traffic: Traffic { meter.withLock(\.traffic) }

    /// - Returns: what names the record in later calls.
    func begin(_ record: RequestRecord) -> Int {
        meter.withLock { meter in
            meter.traffic.count += 1
            meter.traffic.receivedBytes += record.receivedBytes
            meter.traffic.requests.append(record)
            if meter.traffic.requests.count > Traffic.recordLimit {
                meter.traffic.requests.removeFirst()
                meter.first += 1
            }
            return meter.first + meter.traffic.requests.count - 1
        }
    }

    func answered(_ identifier: Int, status: Int) {
        change(identifier) { $0.status = status }
    }

    func sent(_ identifier: Int, bytes: Int) {
        meter.withLock { $0.traffic.sentBytes += bytes }
        change(identifier) { $0.sentBytes += bytes }
    }

    func reset() {
        meter.withLock { meter in
            meter.first += meter.traffic.requests.count
            meter.traffic = Traffic()
        }
    }

    private func change(_ identifier: Int, _ body: (inout RequestRecord) -> Void) {
        meter.withLock { meter in
            let index = identifier - meter.first
            if meter.traffic.requests.indices.contains(index) { body(&meter.traffic.requests[index]) }
        }
    }
}
