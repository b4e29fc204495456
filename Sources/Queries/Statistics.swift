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

    /// How many times over the contents would be kept without deduplication.
    public var dedupRatio: Double {
        // What waits to be deleted is no version's any more.
        let named = uniqueBytes - min(uniqueBytes, releasedBytes)
        return named == 0 ? 1 : Double(logicalBytes) / Double(named)
    }
    /// How many times smaller the contents are on disk.
    public var compressionRatio: Double { storedBytes == 0 ? 1 : Double(uniqueBytes) / Double(storedBytes) }

    public init() {}
}

extension Queries {
    public func statistics() throws -> StoreStatistics {
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
}
