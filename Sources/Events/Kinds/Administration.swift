import FoundationEssentials
import SwiftProtobuf

/// What is watched of a source, and how long it is kept. Part of the events that set it.
public struct RepositoryConfiguration: Sendable, Equatable {
    /// The branch to follow, without `refs/heads/`; nil: the one that the remote's HEAD names.
    public var branch: [UInt8]?
    /// Only the tenant may read it. False: the provider vouches that anybody may.
    public var isPrivate: Bool
    /// Patterns of paths to take; none: all.
    public var include: [[UInt8]]
    /// Patterns of paths to leave out; they win over `include`.
    public var exclude: [[UInt8]]
    /// How long earlier versions of files are kept, in days; nil: for ever.
    public var keepHistoryDays: UInt32?

    public init(
        branch: [UInt8]? = nil, isPrivate: Bool = true, include: [[UInt8]] = [], exclude: [[UInt8]] = [],
        keepHistoryDays: UInt32? = nil
    ) {
        self.branch = branch
        self.isPrivate = isPrivate
        self.include = include
        self.exclude = exclude
        self.keepHistoryDays = keepHistoryDays
    }

    var json: [(String, JSONValue)] {
        func texts(_ list: [[UInt8]]) -> JSONValue { .array(list.map { .string(String(decoding: $0, as: UTF8.self)) }) }
        return [
            ("branch", branch.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null),
            ("isPrivate", .bool(isPrivate)), ("includePatterns", texts(include)), ("excludePatterns", texts(exclude)),
            ("keepHistoryDays", keepHistoryDays.map { .count($0) } ?? .null),
        ]
    }
}

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

    public init(locator: Locator, configuration: RepositoryConfiguration) {
        self.locator = locator
        self.configuration = configuration
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
        configuration = RepositoryConfiguration(
            branch: secret.branch.isEmpty ? nil : secret.branch.array, isPrivate: open.private,
            include: secret.include.map(\.array), exclude: secret.exclude.map(\.array),
            keepHistoryDays: open.keepHistoryDays == 0 ? nil : open.keepHistoryDays)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireRepositoryAdded.with {
            $0.provider = locator.provider
            $0.private = configuration.isPrivate
            $0.keepHistoryDays = configuration.keepHistoryDays ?? 0
        }
        let secret = WireRepositoryAddedSealed.with {
            $0.source = Data(locator.source)
            $0.branch = Data(configuration.branch ?? [])
            $0.include = configuration.include.map { Data($0) }
            $0.exclude = configuration.exclude.map { Data($0) }
        }
        return (Wire.encode(open), Wire.encode(secret))
    }

    var json: [(String, JSONValue)] { JSONValue.fields("locator", bytes: locator.bytes) + configuration.json }
}

extension RepositoryReconfigured: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireRepositoryReconfigured.self, clear)
        let secret = try Wire.decode(WireRepositoryReconfiguredSealed.self, sealed)
        configuration = RepositoryConfiguration(
            branch: secret.branch.isEmpty ? nil : secret.branch.array, isPrivate: open.private,
            include: secret.include.map(\.array), exclude: secret.exclude.map(\.array),
            keepHistoryDays: open.keepHistoryDays == 0 ? nil : open.keepHistoryDays)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireRepositoryReconfigured.with {
            $0.private = configuration.isPrivate
            $0.keepHistoryDays = configuration.keepHistoryDays ?? 0
        }
        let secret = WireRepositoryReconfiguredSealed.with {
            $0.branch = Data(configuration.branch ?? [])
            $0.include = configuration.include.map { Data($0) }
            $0.exclude = configuration.exclude.map { Data($0) }
        }
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
