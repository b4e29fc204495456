/// What a tenant has in the log.
public struct TenantStatistics: Sendable, Equatable {
    public var events: UInt64
    public var itemVersions: UInt64
    /// Sum of the sizes of all its file versions.
    public var logicalBytes: UInt64

    public init(events: UInt64 = 0, itemVersions: UInt64 = 0, logicalBytes: UInt64 = 0) {
        self.events = events
        self.itemVersions = itemVersions
        self.logicalBytes = logicalBytes
    }

    public init(_ counters: Counters) {
        self.init(events: counters.values[0], itemVersions: counters.values[1], logicalBytes: counters.values[2])
    }
}

/// What a domain stores.
public struct DomainStatistics: Sendable, Equatable {
    /// Distinct contents.
    public var blobs: UInt64
    /// Sum of their sizes.
    public var uniqueBytes: UInt64

    public init(blobs: UInt64 = 0, uniqueBytes: UInt64 = 0) {
        self.blobs = blobs
        self.uniqueBytes = uniqueBytes
    }

    public init(_ counters: Counters) {
        self.init(blobs: counters.values[0], uniqueBytes: counters.values[1])
    }
}
