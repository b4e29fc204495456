import Events
import Projections
import State
import Synchronization

/// The tenant for which the settings' own access to providers is meant. It may be added while the process runs.
final class DefaultTenant: Sendable {
    static let name = "default"

    private let state: StateStore
    private let id = Mutex<TenantID?>(nil)

    init(state: StateStore) { self.state = state }

    func matches(_ tenant: TenantID) -> Bool {
        id.withLock { id in
            // A state that cannot be read makes every command fail by itself; here it means: no access.
            if id == nil { id = (try? state.read { view in try view.tenant(named: Self.name) })??.id }
            return id == tenant
        }
    }
}
