import SwiftProtobuf

/// What kind of access a tenant has given.
public enum CredentialKind: UInt32, Sendable, CaseIterable {
    /// A token that lives until somebody revokes it.
    case token = 1
    /// A user's token that expires, with one to refresh it.
    case user = 2
    /// An installation of the App that the settings name; its tokens are asked for when they are needed.
    case installation = 3

    public var name: String { String(describing: self) }
}

/// A tenant has given access to a provider. The record's position is the credential's id; its secret is not in the log.
public struct CredentialStored: Sendable, Equatable {
    public var provider: String
    public var kind: CredentialKind
    /// For people: what the tenant calls it.
    public var name: String
    /// The installation, for that kind.
    public var installation: UInt64?
    /// When it stops being good; nil where it does not.
    public var expiresAt: Timestamp?

    public init(
        provider: String, kind: CredentialKind, name: String, installation: UInt64? = nil, expiresAt: Timestamp? = nil
    ) {
        self.provider = provider
        self.kind = kind
        self.name = name
        self.installation = installation
        self.expiresAt = expiresAt
    }
}

/// Its secret was exchanged for a new one.
public struct CredentialRefreshed: Sendable, Equatable {
    /// Where its `CredentialStored` stands.
    public var id: LogPosition
    public var expiresAt: Timestamp?

    public init(id: LogPosition, expiresAt: Timestamp?) {
        self.id = id
        self.expiresAt = expiresAt
    }
}

/// Why a credential is not used any more.
public enum RevocationReason: UInt32, Sendable, CaseIterable {
    /// The tenant took it back.
    case removed = 1
    /// The provider does not take it any more.
    case refused = 2

    public var name: String { String(describing: self) }
}

/// It is not used any more, and its secret is gone.
public struct CredentialRevoked: Sendable, Equatable {
    public var id: LogPosition
    public var reason: RevocationReason

    public init(id: LogPosition, reason: RevocationReason) {
        self.id = id
        self.reason = reason
    }
}

extension CredentialStored: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireCredentialStored.self, clear)
        self.init(
            provider: open.provider, kind: try Wire.known(open.kind, "kind of credential"),
            name: try Wire.decode(WireCredentialStoredSealed.self, sealed).name,
            installation: open.hasInstallation ? open.installation : nil, expiresAt: Wire.time(open.expiresAt))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireCredentialStored.with {
            $0.provider = provider
            $0.kind = kind.rawValue
            if let installation { $0.installation = installation }
            $0.expiresAt = expiresAt?.microseconds ?? 0
        }
        return (Wire.encode(open), Wire.encode(WireCredentialStoredSealed.with { $0.name = name }))
    }

    var json: [(String, JSONValue)] {
        [
            ("provider", .string(provider)), ("kind", .string(kind.name)), ("name", .string(name)),
            ("installation", installation.map { .uint($0) } ?? .null), ("expiresAt", .time(expiresAt)),
        ]
    }
}

extension CredentialRefreshed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireCredentialRefreshed.self, clear)
        self.init(id: LogPosition(open.id), expiresAt: Wire.time(open.expiresAt))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireCredentialRefreshed.with {
            $0.id = id.rawValue
            $0.expiresAt = expiresAt?.microseconds ?? 0
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("credential", .position(id)), ("expiresAt", .time(expiresAt))] }
}

extension CredentialRevoked: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireCredentialRevoked.self, clear)
        self.init(id: LogPosition(open.id), reason: try Wire.known(open.reason, "reason for a revocation"))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireCredentialRevoked.with {
            $0.id = id.rawValue
            $0.reason = reason.rawValue
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("credential", .position(id)), ("reason", .string(reason.name))] }
}
