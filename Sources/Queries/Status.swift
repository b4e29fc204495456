public import Events
public import Projections
import State

/// How complete what is known of a source is.
public struct RepositoryStatus: Sendable {
    public let repository: RepositoryRow
    public let gaps: [Gap]
    /// What waits to be done.
    public let jobs: [JobRow]
    public let deadLetters: [JobRow]

    public var isComplete: Bool { gaps.isEmpty }
}

/// What the source is known to have and the store has not.
public struct Gap: Sendable, Equatable {
    /// The commit that is complete; nil: none is.
    public var from: SHA1Hash?
    /// The commit that the source was seen at; nil: it was never seen.
    public var to: SHA1Hash?
    /// Since when.
    public var since: Timestamp
    /// `neverSynced`, `behind`, `failing`.
    public var reason: String
}

extension Queries {
    /// The status of the tenant's sources, or of one.
    public func status(of repository: RepositoryRow? = nil) throws -> [RepositoryStatus] {
        let rows = try repository.map { [$0] } ?? repositories()
        return try state.read { view in
            try rows.map { row in
                let jobs = try view.jobs(of: row.id)
                return RepositoryStatus(
                    repository: row, gaps: Self.gaps(row), jobs: jobs.filter { $0.state != .deadLettered },
                    deadLetters: jobs.filter { $0.state == .deadLettered })
            }
        }
    }

    static func gaps(_ row: RepositoryRow) -> [Gap] {
        if row.lastCommit == nil {
            return [Gap(from: nil, to: row.polledHead, since: row.addedAt, reason: "neverSynced")]
        }
        if let head = row.polledHead, head != row.lastCommit, let seen = row.polledAt,
            row.lastSyncedAt.map({ seen > $0 }) ?? true
        {
            return [Gap(from: row.lastCommit, to: head, since: seen, reason: "behind")]
        }
        if let failure = row.lastFailure {
            return [Gap(from: row.lastCommit, to: nil, since: row.completeAsOf ?? failure.at, reason: "failing")]
        }
        return []
    }

    /// The tenant's jobs that gave up.
    public func deadLetters() throws -> [JobRow] {
        try state.read { view in try view.deadLetters() }.filter { $0.tenant == tenant?.id }
    }

    /// A job of the tenant; nil where there is none.
    public func job(_ id: LogPosition) throws -> JobRow? {
        let job = try state.read { view in try view.job(id) }
        return job?.tenant == tenant?.id ? job : nil
    }
}
