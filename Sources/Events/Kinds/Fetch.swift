import FoundationEssentials
import SwiftProtobuf

/// How content was fetched.
public enum FetchMode: UInt32, Sendable, CaseIterable {
    /// Everything at one commit (`deepen 1`).
    case plain = 1
    /// The difference from the last sync alone: a thin pack against it.
    case incremental = 2
    /// Trees first, and then the missing blobs by id.
    case partial = 3
    /// A walk over a directory.
    case walk = 4
    /// GitHub's REST: what two commits differ in.
    case compare = 5
    /// GitHub's REST: the whole tree in one answer.
    case recursiveTree = 6
    /// GitHub's REST: directory by directory.
    case subtrees = 7
    /// GitHub's REST: the files that a push names, one by one.
    case push = 8

    public var name: String { String(describing: self) }
}

/// What changed at the source is here, in the spool.
public struct FetchCompleted: Sendable, Equatable {
    public var mode: FetchMode
    public var commit: SHA1Hash
    /// HTTP requests that it took, and bytes on the wire.
    public var requests: UInt64
    public var bytesReceived: UInt64
    public var bytesSent: UInt64
    /// Objects in what came.
    public var objects: UInt64
    public var durationMicroseconds: UInt64
    /// Nothing was fetched: an earlier attempt had left it in the spool.
    public var resumed: Bool

    public init(
        mode: FetchMode, commit: SHA1Hash, requests: UInt64 = 0, bytesReceived: UInt64 = 0, bytesSent: UInt64 = 0,
        objects: UInt64 = 0, durationMicroseconds: UInt64 = 0, resumed: Bool = false
    ) {
        self.mode = mode
        self.commit = commit
        self.requests = requests
        self.bytesReceived = bytesReceived
        self.bytesSent = bytesSent
        self.objects = objects
        self.durationMicroseconds = durationMicroseconds
        self.resumed = resumed
    }
}

/// One way of fetching failed; the next one may follow.
public struct FetchFailed: Sendable, Equatable {
    public var mode: FetchMode
    public var failure: Failure

    public init(mode: FetchMode, failure: Failure) {
        self.mode = mode
        self.failure = failure
    }
}

extension FetchCompleted: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireFetchCompleted.self, clear)
        self.init(
            mode: try Wire.known(open.mode, "mode of fetching"), commit: try Wire.sha1(open.commit),
            requests: open.requests, bytesReceived: open.bytesReceived, bytesSent: open.bytesSent,
            objects: open.objects, durationMicroseconds: open.durationMicroseconds, resumed: open.resumed)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireFetchCompleted.with {
            $0.mode = mode.rawValue
            $0.commit = Wire.data(commit)
            $0.requests = requests
            $0.bytesReceived = bytesReceived
            $0.bytesSent = bytesSent
            $0.objects = objects
            $0.durationMicroseconds = durationMicroseconds
            $0.resumed = resumed
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("mode", .string(mode.name)), ("commit", .hash(commit)), ("requests", .uint(requests)),
            ("bytesReceived", .uint(bytesReceived)), ("bytesSent", .uint(bytesSent)), ("objects", .uint(objects)),
            ("seconds", .double(Double(durationMicroseconds) / 1e6)), ("resumed", .bool(resumed)),
        ]
    }
}

extension FetchFailed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireFetchFailed.self, clear)
        mode = try Wire.known(open.mode, "mode of fetching")
        failure = try Failure(open.failure, try Wire.decode(sealed))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireFetchFailed.with {
            $0.mode = mode.rawValue
            $0.failure = failure.open
        }
        return (Wire.encode(open), failure.secret)
    }

    var json: [(String, JSONValue)] { [("mode", .string(mode.name))] + failure.json }
}
