import Events
import Projections
import ProviderKit

/// What is known when a report comes: all that ``WebhookDecision`` may depend on.
struct WebhookFacts {
    /// A repository that is watched.
    struct Watched: Equatable {
        var row: RepositoryRow
        /// A job of it waits to be taken.
        var hasWaitingJob = false
        /// An attempt is under way, which may have asked the source already.
        var isSyncing = false
        /// Something of it is missing.
        var hasOpenGap = false
        /// Its tenant watches nothing else under the name that the report tells.
        var isNameFree = true
    }

    /// Those that the report's repository may be: by its number, by its name, by its old name.
    var repositories: [Watched] = []
    /// For a report of an installation: those that are known to be read through it, and those that it names.
    var installed: [Watched] = []
    var added: [Watched] = []
    var removed: [Watched] = []
    /// What was announced of the report's ref before.
    var announced: RefRow?
    /// The gap that this delivery closes.
    var deliveryGap: LogPosition?
    /// Tenants that have given access through the installation that it came from.
    var installers: Set<TenantID> = []

    /// The one tenant that the report concerns, whose key then seals it; nil where there is none, or more than one.
    var owner: TenantID? {
        let owners = installers.union([repositories, installed, added, removed].joined().map(\.row.tenant))
        return owners.count == 1 ? owners.first : nil
    }
}
