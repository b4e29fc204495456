import Events
import ProviderKit
import Synchronization

/// What pushes said changed in repositories that were not synced since. In memory alone: it spares a provider a question, and
/// where it is lost the question is asked.
final class PushHints: Sendable {
    /// Repositories of which something is kept. For more of them nothing is, until some are synced.
    static let maximumRepositoryCount = 4096

    private let hints = Mutex<[RepositoryID: PushedChanges]>([:])

    func take(_ changes: PushedChanges, of repository: RepositoryID) {
        hints.withLock { hints in
            if hints[repository]?.after == changes.before {
                hints[repository]?.append(changes)
            } else if hints[repository] != nil || hints.count < Self.maximumRepositoryCount {
                hints[repository] = changes
            }
        }
    }

    func changes(of repository: RepositoryID) -> PushedChanges? { hints.withLock { $0[repository] } }

    /// Drops what a completed sync has made of no use: all but what begins where it ended.
    func synced(_ repository: RepositoryID, at commit: SHA1Hash) {
        hints.withLock { hints in
            if hints[repository]?.before != commit { hints[repository] = nil }
        }
    }
}
