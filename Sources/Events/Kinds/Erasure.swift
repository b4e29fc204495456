import SwiftProtobuf

/// A tenant is to be forgotten: the decision. What is sealed of its events can never be read again, its contents are deleted,
/// and it gets nothing any more. What stands in clear stays, and so does the proof.
public struct TenantErased: Sendable, Equatable {
    public var id: TenantID
    /// How many repositories, credentials and tokens it had until then.
    public var repositories: UInt64
    public var credentials: UInt64
    public var tokens: UInt64

    public init(id: TenantID, repositories: UInt64 = 0, credentials: UInt64 = 0, tokens: UInt64 = 0) {
        self.id = id
        self.repositories = repositories
        self.credentials = credentials
        self.tokens = tokens
    }
}

extension TenantErased: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireTenantErased.self, clear)
        self.init(
            id: TenantID(open.id), repositories: open.repositories, credentials: open.credentials, tokens: open.tokens)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireTenantErased.with {
            $0.id = id.rawValue
            $0.repositories = repositories
            $0.credentials = credentials
            $0.tokens = tokens
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("id", .count(id.rawValue)), ("repositories", .uint(repositories)), ("credentials", .uint(credentials)),
            ("tokens", .uint(tokens)),
        ]
    }
}
