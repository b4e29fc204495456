import FoundationEssentials
import SwiftProtobuf

/// What a webhook said of one ref.
public struct AnnouncedRef: Sendable, Equatable {
    /// The full name: `refs/heads/main`.
    public var name: [UInt8]
    /// What it was at before; nil where it did not exist, or nobody says.
    public var before: SHA1Hash?
    /// What it is at now; nil where it is gone, or nobody says.
    public var after: SHA1Hash?
    public var isForced: Bool
    /// Whether `before` and `after` are told.
    public var tellsCommits: Bool

    public var isCreated: Bool { tellsCommits && before == nil && after != nil }
    public var isDeleted: Bool { tellsCommits && after == nil }

    public init(
        name: [UInt8], before: SHA1Hash?, after: SHA1Hash?, isForced: Bool = false, tellsCommits: Bool = true
    ) {
        self.name = name
        self.before = before
        self.after = after
        self.isForced = isForced
        self.tellsCommits = tellsCommits
    }
}

/// A source reported something by itself, and proved that it was the one. Its body is a blob in ``Domain/webhooks``.
public struct WebhookReceived: Sendable, Equatable {
    public var provider: String
    /// Unique to the report; the same when it is delivered again.
    public var delivery: String
    /// The provider's words for what happened: `repository`, `renamed`.
    public var event: String
    public var action: String?
    public var installation: UInt64?
    /// The provider's number of the repository that it is about.
    public var externalID: UInt64?
    public var locator: Locator?
    /// Git's id of the body, and its size in bytes.
    public var bodyHash: SHA1Hash
    public var bodySize: UInt64
    /// Which of the secrets it was signed with, from 0.
    public var secret: UInt32
    public var sender: String
    public var ref: AnnouncedRef?
    /// The provider's numbers of repositories that the installation gained and lost.
    public var added: [UInt64]
    public var removed: [UInt64]

    public init(
        provider: String, delivery: String, event: String, action: String? = nil, installation: UInt64? = nil,
        externalID: UInt64? = nil, locator: Locator? = nil, bodyHash: SHA1Hash, bodySize: UInt64, secret: UInt32 = 0,
        sender: String = "", ref: AnnouncedRef? = nil, added: [UInt64] = [], removed: [UInt64] = []
    ) {
        self.provider = provider
        self.delivery = delivery
        self.event = event
        self.action = action
        self.installation = installation
        self.externalID = externalID
        self.locator = locator
        self.bodyHash = bodyHash
        self.bodySize = bodySize
        self.secret = secret
        self.sender = sender
        self.ref = ref
        self.added = added
        self.removed = removed
    }
}

/// A report came that had come before.
public struct WebhookRepeated: Sendable, Equatable {
    public var provider: String
    public var delivery: String
    /// Where its `WebhookReceived` stands.
    public var first: LogPosition

    public init(provider: String, delivery: String, first: LogPosition) {
        self.provider = provider
        self.delivery = delivery
        self.first = first
    }
}

/// Why a report was not taken.
public enum RejectionReason: UInt32, Sendable, CaseIterable {
    case missingSignature = 1
    case wrongSignature = 2
    /// The body is not what its content type says.
    case malformed = 3
    case tooLarge = 4
    case wrongContentType = 5
    /// No secret is set.
    case notConfigured = 6
    /// Its sender took too long.
    case tooSlow = 7

    public var name: String { String(describing: self) }
}

/// Reports were not taken: all of one reason within a time, so that a flood costs the log nothing.
public struct WebhookRejected: Sendable, Equatable {
    public var provider: String
    public var reason: RejectionReason
    public var count: UInt64
    /// When the first of them came.
    public var since: Timestamp

    public init(provider: String, reason: RejectionReason, count: UInt64, since: Timestamp) {
        self.provider = provider
        self.reason = reason
        self.count = count
        self.since = since
    }
}

extension WebhookReceived: EventPayload {
    private enum Flag {
        static let forced: UInt32 = 1
        static let created: UInt32 = 2
        static let deleted: UInt32 = 4
        static let tellsCommits: UInt32 = 8
    }

    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireWebhookReceived.self, clear)
        let secrets = try Wire.decode(WireWebhookReceivedSealed.self, sealed)
        self.init(
            provider: open.provider, delivery: open.delivery, event: open.event,
            action: open.action.isEmpty ? nil : open.action,
            installation: open.hasInstallation ? open.installation : nil,
            externalID: open.hasExternalID ? open.externalID : nil,
            locator: secrets.source.isEmpty ? nil : Locator(provider: open.provider, source: secrets.source.array),
            bodyHash: try Wire.sha1(open.bodyHash), bodySize: open.bodySize, secret: open.secret,
            sender: secrets.sender, added: open.added, removed: open.removed)
        if !secrets.ref.isEmpty {
            ref = AnnouncedRef(
                name: secrets.ref.array, before: try Wire.optionalSHA1(open.before),
                after: try Wire.optionalSHA1(open.after), isForced: open.flags & Flag.forced != 0,
                tellsCommits: open.flags & Flag.tellsCommits != 0)
        }
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireWebhookReceived.with {
            $0.provider = provider
            $0.delivery = delivery
            $0.event = event
            $0.action = action ?? ""
            if let installation { $0.installation = installation }
            if let externalID { $0.externalID = externalID }
            $0.bodyHash = Wire.data(bodyHash)
            $0.bodySize = bodySize
            $0.secret = secret
            $0.added = added
            $0.removed = removed
            if let ref {
                $0.before = Wire.data(ref.before)
                $0.after = Wire.data(ref.after)
                $0.flags =
                    (ref.isForced ? Flag.forced : 0) | (ref.isCreated ? Flag.created : 0)
                    | (ref.isDeleted ? Flag.deleted : 0) | (ref.tellsCommits ? Flag.tellsCommits : 0)
            }
        }
        let secrets = WireWebhookReceivedSealed.with {
            $0.sender = sender
            $0.ref = Data(ref?.name ?? [])
            $0.source = Data(locator?.source ?? [])
        }
        return (Wire.encode(open), Wire.encode(secrets))
    }

    var json: [(String, JSONValue)] {
        var fields: [(String, JSONValue)] = [
            ("provider", .string(provider)), ("delivery", .string(delivery)), ("event", .string(event)),
            ("action", action.map { .string($0) } ?? .null),
            ("installation", installation.map { .uint($0) } ?? .null),
            ("externalId", externalID.map { .uint($0) } ?? .null), ("sender", .string(sender)),
            ("body", .hash(bodyHash)), ("bodySize", .uint(bodySize)), ("secret", .count(secret)),
        ]
        if let locator { fields += JSONValue.fields("locator", bytes: locator.bytes) }
        if let ref {
            fields += JSONValue.fields("ref", bytes: ref.name)
            fields += [
                ("before", .hash(ref.before)), ("after", .hash(ref.after)), ("forced", .bool(ref.isForced)),
                ("created", .bool(ref.isCreated)), ("deleted", .bool(ref.isDeleted)),
            ]
        }
        for (key, ids) in [("added", added), ("removed", removed)] where !ids.isEmpty {
            fields.append((key, .array(ids.map { .uint($0) })))
        }
        return fields
    }
}

extension WebhookRepeated: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireWebhookRepeated.self, clear)
        self.init(provider: open.provider, delivery: open.delivery, first: LogPosition(open.first))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireWebhookRepeated.with {
            $0.provider = provider
            $0.delivery = delivery
            $0.first = first.rawValue
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [("provider", .string(provider)), ("delivery", .string(delivery)), ("first", .position(first))]
    }
}

extension WebhookRejected: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireWebhookRejected.self, clear)
        self.init(
            provider: open.provider, reason: try Wire.known(open.reason, "reason for a rejection"), count: open.count,
            since: Timestamp(microseconds: open.since))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireWebhookRejected.with {
            $0.provider = provider
            $0.reason = reason.rawValue
            $0.count = count
            $0.since = since.microseconds
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("provider", .string(provider)), ("reason", .string(reason.name)), ("count", .uint(count)),
            ("since", .time(since)),
        ]
    }
}
