import Events
import Projections
import State

extension Engine {
    /// Whether a content is stored, and stays until a sync has ended that relies on it.
    func keep(_ hash: SHA1Hash, in domain: Domain, for sync: Pins.Sync) throws -> Bool {
        let standing = try state.read { view in try view.standing(of: hash, in: domain) }
        // What is not released now is not deleted while the sync runs.
        guard standing == .released else { return standing == .stored }
        guard pins.hold(hash, in: domain, by: sync) else { return false }
        // It may have gone between the look and the hold.
        return try state.read { view in try view.isStored(hash, in: domain) }
    }
}
