import Events
import Queries
import Synchronization

/// The history of the store, worked out once for each state of the log.
final class HistoryCache: Sendable {
    private let known = Mutex<(count: UInt64, history: StorageHistory)?>(nil)

    /// Nil for somebody who sees no store.
    func read(_ queries: Queries) throws -> StorageHistory? {
        guard queries.seesEverything else { return nil }
        let count = try queries.count
        if let known = known.withLock({ $0 }), known.count == count { return known.history }
        guard let history = try queries.storageHistory() else { return nil }
        known.withLock { $0 = (count, history) }
        return history
    }
}
