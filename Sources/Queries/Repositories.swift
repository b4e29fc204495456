public import Events
public import Projections
import State

/// A repository as it was at a moment: what its last completed sync before it had left.
public struct RepositoryView: Sendable {
    public let repository: RepositoryRow
    public let sync: SyncRow
    /// File versions after this position do not count.
    public let position: LogPosition
}

extension Queries {
    /// The tenant's repositories in the order in which they were added.
    public func repositories() throws -> [RepositoryRow] {
        guard !isNobody else { return [] }
        return try state.read { view in try view.repositories(of: scope) }
    }

    /// The repository that a locator names, exactly as it is kept; nil where there is none.
    public func repository(_ locator: Locator) throws -> RepositoryRow? {
        if seesEverything {
            return try state.read { view in try view.repositories(at: locator).first { !$0.isRemoved } }
        }
        guard let tenant else { return nil }
        return try state.read { view in try view.repository(locator, of: tenant.id) }
    }

    public func repository(_ id: RepositoryID) throws -> RepositoryRow? {
        let row = try state.read { view in try view.repository(id) }
        return row.flatMap { owns($0.tenant) ? $0 : nil }
    }

    /// The repository at a moment.
    ///
    /// - Parameter moment: nil: now.
    /// - Throws: `QueryError` (neverSynced, unknownMoment).
    public func view(of repository: RepositoryRow, at moment: Moment? = nil) throws -> RepositoryView {
        let locator = repository.locator
        if case .id(let hash) = moment {
            let row = try state.read { view in try view.sync(repository.id, at: hash) }
            guard let row else {
                throw QueryError(
                    .unknownMoment,
                    "no completed sync of \(locator) was at \(hash.hex): `ingestor log --repo \(locator) --kind SyncCompleted` "
                        + "shows those that there are")
            }
            return RepositoryView(repository: repository, sync: row, position: row.position)
        }
        let end = try moment.map { try self.end(of: $0) }
        if let end, end.rawValue == 0 { throw notYet(repository) }
        let asOf = end.map { LogPosition($0.rawValue - 1) }
        let sync = try state.read { view -> SyncRow? in
            guard let position = try view.visiblePosition(repository.id, asOf: asOf) else { return nil }
            return try view.sync(repository.id, position: position)
        }
        guard let sync else {
            throw moment == nil
                ? QueryError(.neverSynced, "\(locator) was never synced to its end: run `ingestor sync \(locator)`")
                : notYet(repository)
        }
        return RepositoryView(repository: repository, sync: sync, position: sync.position)
    }

    private func notYet(_ repository: RepositoryRow) -> QueryError {
        QueryError(
            .unknownMoment,
            "at that moment no sync of \(repository.locator) had completed; it was added at \(repository.addedAt.rfc3339)"
        )
    }

    /// The completed syncs of a repository, the newest first.
    public func syncs(of repository: RepositoryRow, limit: Int? = nil) throws -> [SyncRow] {
        try state.read { view in try view.syncs(repository.id, limit: limit) }
    }
}
