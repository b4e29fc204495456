/// Where an event stands in the log: 0, 1, 2, … without gaps; also its leaf in the log's Merkle tree.
public struct LogPosition: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The position `count` places further on.
    public static func + (left: Self, count: Int) -> Self { Self(left.rawValue + UInt64(count)) }
}

/// A watched source, named by the position of its `RepositoryAdded`. Never used again for another one.
public struct RepositoryID: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }

    /// The repository that the event at `position` added.
    public init(_ position: LogPosition) { rawValue = position.rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Whose sources and content something is. Numbered from 1 in the order in which tenants were added.
public struct TenantID: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// What concerns no tenant, or all.
    public static let none = TenantID(0)

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The boundary of deduplication: blobs, frames, differences and shards never cross it.
public struct Domain: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The provider vouches that anybody may read it.
    public static let `public` = Domain(rawValue: 0)

    /// What one tenant obtained from its own sources.
    public static func tenant(_ tenant: TenantID) -> Domain { Domain(rawValue: tenant.rawValue) }

    /// The bodies of webhooks: private records that nothing is shared with and that no statistics count.
    public static let webhooks = Domain(rawValue: .max)

    /// Whose it is; nobody's where it is public or a webhook's.
    public var owner: TenantID { self == .webhooks ? .none : TenantID(rawValue) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which key seals the sealed part of a record, or a shard. Zero: nothing is sealed, it stands in clear.
public struct KeyID: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// In clear.
    public static let none = KeyID(rawValue: 0)
}

/// A watched ref of a repository. One branch is watched today, so there is one; keys hold it so that more can follow.
public struct RefID: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The repository's watched branch.
    public static let watched = RefID(rawValue: 0)
}

/// The permanent number of a shard of the blob store; never used again.
public struct ShardID: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One version of one path, by where the log says so: the entry `index` of the `ItemsChanged` at `position`.
/// Unlike a path it is never secret, so it is what digests are made of.
public struct ItemVersion: Sendable, Hashable, Comparable {
    public let position: LogPosition
    public let index: UInt32

    public init(position: LogPosition, index: UInt32) {
        self.position = position
        self.index = index
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.position, left.index) < (right.position, right.index)
    }
}
