import SwiftProtobuf

/// What a tenant may have, in numbers. Nil: as much as there is room for.
public struct TenantLimits: Sendable, Equatable {
    /// Sources that are watched at one time.
    public var repositories: UInt64?
    /// Bytes of all file versions that are kept, whether another one has the same content or not.
    public var bytes: UInt64?
    /// Requests to the API and the dashboard in a minute, of all its tokens together.
    public var requestsPerMinute: UInt64?

    public init(repositories: UInt64? = nil, bytes: UInt64? = nil, requestsPerMinute: UInt64? = nil) {
        self.repositories = repositories
        self.bytes = bytes
        self.requestsPerMinute = requestsPerMinute
    }
}

/// What a tenant may have was decided. The record's tenant is the one it is about.
public struct TenantLimited: Sendable, Equatable {
    /// All of them, not a difference.
    public var limits: TenantLimits

    public init(limits: TenantLimits) { self.limits = limits }
}

extension TenantLimited: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireTenantLimited.self, clear)
        limits = TenantLimits(
            repositories: open.hasRepositories ? open.repositories : nil, bytes: open.hasBytes ? open.bytes : nil,
            requestsPerMinute: open.hasRequestsPerMinute ? open.requestsPerMinute : nil)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireTenantLimited.with {
            if let repositories = limits.repositories { $0.repositories = repositories }
            if let bytes = limits.bytes { $0.bytes = bytes }
            if let requestsPerMinute = limits.requestsPerMinute { $0.requestsPerMinute = requestsPerMinute }
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { limits.json }
}

extension TenantLimits {
    /// As scripts read it.
    public var json: [(String, JSONValue)] {
        [
            ("maximumRepositories", repositories.map { .uint($0) } ?? .null),
            ("maximumBytes", bytes.map { .uint($0) } ?? .null),
            ("maximumRequestsPerMinute", requestsPerMinute.map { .uint($0) } ?? .null),
        ]
    }
}
