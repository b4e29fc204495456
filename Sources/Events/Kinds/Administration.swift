import FoundationEssentials
import SwiftProtobuf

/// A tenant exists from here on.
public struct TenantAdded: Sendable, Equatable {
    public var id: TenantID
    public var name: String

    public init(id: TenantID, name: String) {
        self.id = id
        self.name = name
    }
}

/// A source is watched from here on. The record's position is the repository's id.
public struct RepositoryAdded: Sendable, Equatable {
    public var locator: Locator
    public var configuration: RepositoryConfiguration
    /// Nobody but its tenant vouches for where it lies: it is asked for in the public network alone.
    public var publicAddressesOnly: Bool

    public init(locator: Locator, configuration: RepositoryConfiguration, publicAddressesOnly: Bool = false) {
        self.locator = locator
        self.configuration = configuration
        self.publicAddressesOnly = publicAddressesOnly
    }
}

/// A repository's configuration as it is from here on.
public struct RepositoryReconfigured: Sendable, Equatable {
    public var configuration: RepositoryConfiguration

    public init(configuration: RepositoryConfiguration) { self.configuration = configuration }
}

/// A source is no longer watched. It says which, so that it may be added again.
public struct RepositoryRemoved: Sendable, Equatable {
    public var locator: Locator

    public init(locator: Locator) { self.locator = locator }
}

extension TenantAdded: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        id = TenantID(try Wire.decode(WireTenantAdded.self, clear).id)
        name = try Wire.decode(WireTenantAddedSealed.self, sealed).name
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        (
            Wire.encode(WireTenantAdded.with { $0.id = id.rawValue }),
            Wire.encode(WireTenantAddedSealed.with { $0.name = name })
        )
    }

    var json: [(String, JSONValue)] { [("id", .count(id.rawValue)), ("name", .string(name))] }
}

extension RepositoryAdded: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireRepositoryAdded.self, clear)
        let secret = try Wire.decode(WireRepositoryAddedSealed.self, sealed)
        locator = Locator(provider: open.provider, source: secret.source.array)
        configuration = RepositoryConfiguration(open, secret)
        publicAddressesOnly = open.publicAddressesOnly
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        var open = WireRepositoryAdded()
        var secret = WireRepositoryAddedSealed()
        configuration.write(&open, &secret)
        open.provider = locator.provider
        open.publicAddressesOnly = publicAddressesOnly
        secret.source = Data(locator.source)
        return (Wire.encode(open), Wire.encode(secret))
    }

    var json: [(String, JSONValue)] {
        JSONValue.fields("locator", bytes: locator.bytes) + configuration.json
            + (publicAddressesOnly ? [("publicAddressesOnly", .bool(true))] : [])
    }
}

extension RepositoryReconfigured: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        configuration = RepositoryConfiguration(
            try Wire.decode(WireRepositoryReconfigured.self, clear),
            try Wire.decode(WireRepositoryReconfiguredSealed.self, sealed))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        var open = WireRepositoryReconfigured()
        var secret = WireRepositoryReconfiguredSealed()
        configuration.write(&open, &secret)
        return (Wire.encode(open), Wire.encode(secret))
    }

    var json: [(String, JSONValue)] { configuration.json }
}

extension RepositoryRemoved: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireRepositoryRemoved.self, clear)
        let secret = try Wire.decode(WireRepositoryRemovedSealed.self, sealed)
        locator = Locator(provider: open.provider, source: secret.source.array)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireRepositoryRemoved.with { $0.provider = locator.provider }
        return (Wire.encode(open), Wire.encode(WireRepositoryRemovedSealed.with { $0.source = Data(locator.source) }))
    }

    var json: [(String, JSONValue)] { JSONValue.fields("locator", bytes: locator.bytes) }
}
