import Events
import Projections

/// What a sync brings its tenant, in bytes.
struct Arrival {
    /// Contents that were new.
    var contents: UInt64 = 0
    /// File versions.
    var items: UInt64 = 0
    /// Of these, what the log has already.
    private var recorded: UInt64 = 0

    /// At least so many come to what the log has of the tenant.
    var outstanding: UInt64 { max(items - recorded, contents > items ? contents - items : 0) }

    /// These go into the log next.
    mutating func recorded(_ changes: [Event]) {
        for case .itemsChanged(let change) in changes {
            for item in change.items {
                if case .upserted(_, _, let size) = item.content { recorded += size }
            }
        }
    }
}

extension SyncSink {
    /// - Parameter further: bytes that are about to come.
    /// - Throws: `IngestError` (limitReached) where what came is more than the tenant may keep. What came before it and is in the
    ///   log belongs to no completed sync, so no reader ever sees it.
    func checkRoom(for further: UInt64 = 0) throws {
        let bytes = arrival.outstanding + further
        guard bytes > 0 else { return }
        try engine.checkRoom(forBytes: bytes, of: repository.tenant, repository.locator)
    }
}
