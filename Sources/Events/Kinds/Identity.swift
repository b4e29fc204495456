import FoundationEssentials
import SwiftProtobuf

/// What the provider calls a repository, whatever name it has: learnt from the provider, or from a webhook.
public struct RepositoryIdentified: Sendable, Equatable {
    public var provider: String
    /// The provider's own permanent number of it.
    public var externalID: UInt64

    public init(provider: String, externalID: UInt64) {
        self.provider = provider
        self.externalID = externalID
    }
}

/// A repository has another name or owner. It says which it had, so that somebody else may take that.
public struct RepositoryRenamed: Sendable, Equatable {
    public var old: Locator
    /// Of the same provider.
    public var new: Locator

    public init(old: Locator, new: Locator) {
        self.old = old
        self.new = new
    }
}

/// The provider lets anybody read it, or does no longer. The record's domain is the one that content goes to from here on.
public struct RepositoryVisibilityChanged: Sendable, Equatable {
    public var isPrivate: Bool

    public init(isPrivate: Bool) { self.isPrivate = isPrivate }
}

/// Why a repository is not read.
public enum SuspensionReason: UInt32, Sendable, CaseIterable {
    /// Its owner deleted it, or another one has its name now.
    case deleted = 1
    /// The provider took it down (HTTP status 451).
    case takenDown = 2
    /// It was readable and is not any more.
    case accessLost = 3
    /// The installation through which it was read is suspended.
    case installationSuspended = 4
    /// It is read-only; what is known of it is all there will be.
    case archived = 5
    /// With it its tenant would have more than it may.
    case overLimit = 6

    public var name: String { String(describing: self) }
}

/// A repository cannot be read for now, or need not be. All that is known of it stays.
public struct RepositorySuspended: Sendable, Equatable {
    public var reason: SuspensionReason
    /// How that became known, for people.
    public var note: String

    public init(reason: SuspensionReason, note: String = "") {
        self.reason = reason
        self.note = note
    }
}

/// It can be read again.
public struct RepositoryResumed: Sendable, Equatable {
    public init() {}
}

extension RepositoryIdentified: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireRepositoryIdentified.self, clear)
        self.init(provider: open.provider, externalID: open.externalID)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireRepositoryIdentified.with {
            $0.provider = provider
            $0.externalID = externalID
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] { [("provider", .string(provider)), ("externalId", .uint(externalID))] }
}

extension RepositoryRenamed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let provider = try Wire.decode(WireRepositoryRenamed.self, clear).provider
        let secret = try Wire.decode(WireRepositoryRenamedSealed.self, sealed)
        old = Locator(provider: provider, source: secret.oldSource.array)
        new = Locator(provider: provider, source: secret.newSource.array)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let secret = WireRepositoryRenamedSealed.with {
            $0.oldSource = Data(old.source)
            $0.newSource = Data(new.source)
        }
        return (Wire.encode(WireRepositoryRenamed.with { $0.provider = new.provider }), Wire.encode(secret))
    }

    var json: [(String, JSONValue)] {
        JSONValue.fields("locator", bytes: new.bytes) + JSONValue.fields("oldLocator", bytes: old.bytes)
    }
}

extension RepositoryVisibilityChanged: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        isPrivate = try Wire.decode(WireRepositoryVisibilityChanged.self, clear).private
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        (Wire.encode(WireRepositoryVisibilityChanged.with { $0.private = isPrivate }), [])
    }

    var json: [(String, JSONValue)] { [("isPrivate", .bool(isPrivate))] }
}

extension RepositorySuspended: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        reason = try Wire.known(
            try Wire.decode(WireRepositorySuspended.self, clear).reason, "reason for a suspension")
        note = try Wire.decode(WireRepositorySuspendedSealed.self, sealed).note
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        (
            Wire.encode(WireRepositorySuspended.with { $0.reason = reason.rawValue }),
            Wire.encode(WireRepositorySuspendedSealed.with { $0.note = note })
        )
    }

    var json: [(String, JSONValue)] { [("reason", .string(reason.name)), ("note", .string(note))] }
}

extension RepositoryResumed: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        _ = try Wire.decode(WireRepositoryResumed.self, clear)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) { (Wire.encode(WireRepositoryResumed()), []) }

    var json: [(String, JSONValue)] { [] }
}
