import Events
import Synchronization

/// Lets one sync at a time work on a repository.
final class RepositoryExclusion: Sendable {
    private let busy = Mutex<Set<RepositoryID>>([])

    func isBusy(_ repository: RepositoryID) -> Bool { busy.withLock { $0.contains(repository) } }

    /// - Throws: `IngestError` (busy) where a sync of the repository is under way.
    func hold<R>(_ repository: RepositoryID, _ body: () async throws -> R) async throws -> R {
        guard busy.withLock({ $0.insert(repository).inserted }) else {
            throw IngestError(
                .busy, "a sync of repository \(repository.rawValue) is under way: wait until it has ended")
        }
        defer { busy.withLock { _ = $0.remove(repository) } }
        return try await body()
    }
}
