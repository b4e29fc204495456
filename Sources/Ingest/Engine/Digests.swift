import EventLog
import Events
import State

extension Engine {
    /// Records what the projections have come to, where enough events came since that was last done. A replay is checked
    /// against it.
    ///
    /// - Returns: whether it was due.
    @discardableResult
    public func recordDigestIfDue() async throws -> Bool {
        // Rows of an earlier version have digests of none.
        guard options.digestIntervalEvents > 0, !state.isOutdated else { return false }
        let due: StateDigest? = try state.read { view in
            let count = try view.count
            var last: UInt64 = 0
            try view.forEachPosition(.kind(.stateDigest), descending: true) { position in
                last = position.rawValue + 1
                return false
            }
            guard count - last >= options.digestIntervalEvents else { return nil }
            return StateDigest(count: count, parts: try view.digests().parts)
        }
        guard let due else { return false }
        _ = try await writer.append([EventDraft(.stateDigest(due), tenant: .none)], at: clock())
        return true
    }
}
