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
    /// Of these, what was released and waits to be deleted.
    public var releasedBlobs: UInt64
    public var releasedBytes: UInt64

    public init(blobs: UInt64 = 0, uniqueBytes: UInt64 = 0, releasedBlobs: UInt64 = 0, releasedBytes: UInt64 = 0) {
        self.blobs = blobs
        self.uniqueBytes = uniqueBytes
        self.releasedBlobs = releasedBlobs
        self.releasedBytes = releasedBytes
    }

    public init(_ counters: Counters) {
        self.init(
            blobs: counters.values[0], uniqueBytes: counters.values[1], releasedBlobs: counters.values[2],
            releasedBytes: counters.values[3])
    }
}
