import FoundationEssentials
import SwiftProtobuf

/// A tenant's access to this service exists from here on. The record's position is the token's id; the token itself is
/// shown once, to whoever asked for it, and kept nowhere.
public struct TokenIssued: Sendable, Equatable {
    /// SHA-256 of the token.
    public var hash: SHA256Hash
    /// For people: what it is for.
    public var name: String

    public init(hash: SHA256Hash, name: String) {
        self.hash = hash
        self.name = name
    }
}

/// It gives no access any more.
public struct TokenRevoked: Sendable, Equatable {
    /// Where its `TokenIssued` stands.
    public var id: LogPosition
    /// The hash that stands there.
    public var hash: SHA256Hash

    public init(id: LogPosition, hash: SHA256Hash) {
        self.id = id
        self.hash = hash
    }
}

extension TokenIssued: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        self.init(
            hash: try Wire.sha256(try Wire.decode(WireTokenIssued.self, clear).hash),
            name: try Wire.decode(WireTokenIssuedSealed.self, sealed).name)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        (
            Wire.encode(WireTokenIssued.with { $0.hash = Data(hash.bytes) }),
            Wire.encode(WireTokenIssuedSealed.with { $0.name = name })
        )
    }

    var json: [(String, JSONValue)] { [("hash", .hash(hash)), ("name", .string(name))] }
}

extension TokenRevoked: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireTokenRevoked.self, clear)
        self.init(id: LogPosition(open.id), hash: try Wire.sha256(open.hash))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireTokenRevoked.with {
            $0.id = id.rawValue
            $0.hash = Data(hash.bytes)
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("token", .position(id)), ("hash", .hash(hash))] }
}
