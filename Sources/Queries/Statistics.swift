import EventLog
import Events
import Projections
import Silo
import State

/// What the store holds, all tenants together, webhooks apart.
public struct StoreStatistics: Sendable, Equatable {
    public var events: UInt64 = 0
    public var repositories: UInt64 = 0
    /// File versions, and the sum of their sizes.
    public var itemVersions: UInt64 = 0
    public var logicalBytes: UInt64 = 0
    /// Distinct contents, and the sum of their sizes.
    public var blobs: UInt64 = 0
    public var uniqueBytes: UInt64 = 0
    /// Of these, what nothing names any more and waits to be deleted.
    public var releasedBlobs: UInt64 = 0
    public var releasedBytes: UInt64 = 0
    /// Bytes that they take on disk, in so many shards.
    public var storedBytes: UInt64 = 0
    public var shards: UInt64 = 0

    /// Of what stands in ``logicalBytes``, all is in ``uniqueBytes`` too: the store is seen as a whole, or nothing of the tenant
    /// is public.
    public var isComparable = true

    /// How many times over the contents would be kept without deduplication; nil where that cannot be told.
    public var dedupRatio: Double? {
        // What waits to be deleted is no version's any more.
        let named = uniqueBytes - min(uniqueBytes, releasedBytes)
        return isComparable ? named == 0 ? 1 : Double(logicalBytes) / Double(named) : nil
    }
    /// How many times smaller the contents are on disk.
    public var compressionRatio: Double { storedBytes == 0 ? 1 : Double(uniqueBytes) / Double(storedBytes) }

    public init() {}
}

extension Queries {
    /// What the store holds, all tenants together; for somebody who sees no store, what that tenant has in it for itself.
    public func statistics() throws -> StoreStatistics {
        guard seesStore else { return try ownStatistics() }
        var result = StoreStatistics()
        try state.read { view in
            result.events = try view.count
            result.repositories = UInt64(try view.repositories().count)
            let (tenants, domains) = try view.statistics()
            for (_, statistics) in tenants {
                result.itemVersions += statistics.itemVersions
                result.logicalBytes += statistics.logicalBytes
            }
            for (_, statistics) in domains {
                result.blobs += statistics.blobs
                result.uniqueBytes += statistics.uniqueBytes
                result.releasedBlobs += statistics.releasedBlobs
                result.releasedBytes += statistics.releasedBytes
            }
        }
        // The bodies of webhooks are records of ours, no content.
        let (stored, webhooks) = (try silo.statistics(), try silo.statistics(of: .webhooks))
        result.storedBytes = UInt64(stored.storedByteCount - webhooks.storedByteCount)
        result.shards = UInt64(stored.shardCount - webhooks.shardCount)
        return result
    }

    private func ownStatistics() throws -> StoreStatistics {
        var result = StoreStatistics()
        guard let tenant else { return result }
        let domain = Domain.tenant(tenant.id)
        try state.read { view in
            let all = try view.repositories(of: tenant.id, includingRemoved: true)
            let (own, kept) = (try view.statistics(of: tenant.id), try view.statistics(in: domain))
            result.events = own.events
            result.repositories = UInt64(all.count { !$0.isRemoved })
            result.itemVersions = own.itemVersions
            result.logicalBytes = own.logicalBytes
            result.blobs = kept.blobs
            result.uniqueBytes = kept.uniqueBytes
            result.releasedBlobs = kept.releasedBlobs
            result.releasedBytes = kept.releasedBytes
            result.isComparable = all.allSatisfy { $0.domain == domain }
        }
        let stored = try silo.statistics(of: domain)
        result.storedBytes = UInt64(stored.storedByteCount)
        result.shards = UInt64(stored.shardCount)
        return result
    }
}
