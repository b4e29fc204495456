import EventLog
public import Events
public import Projections
import State

/// Whether all is well, at a glance.
public struct Health: Sendable {
    /// Sources that are watched and read.
    public var repositories = 0
    /// Those of them of which something is known to be missing.
    public var incomplete = 0
    /// Those that are watched and not read.
    public var suspended = 0
    /// The source that has been known to be complete for longest ago, and as of when; nil: none has ever been.
    public var oldest: (repository: RepositoryRow, completeAsOf: Timestamp)?
    /// Jobs by state, dead letters among them.
    public var jobs: [JobState: Int] = [:]
    /// Since when what waits longest has been due.
    public var oldestDue: Timestamp?
    /// Of each provider: the least share of a rate limit that is left, from 0 to 1.
    public var quotaLeft: [String: Double] = [:]
    /// Hosts that nothing is sent to for now.
    public var circuits: [OpenCircuit] = []

    public var deadLetters: Int { jobs[.deadLettered] ?? 0 }

    public init() {}
}

extension Queries {
    /// Whether all is well now. One pass over the sources and the open jobs.
    public func health(at now: Timestamp) throws -> Health {
        var health = Health()
        guard !isNobody else { return health }
        let (rows, jobs) = try state.read { view in
            (try view.repositories(of: scope), try view.jobs().filter { owns($0.tenant) })
        }
        for row in rows {
            guard row.suspension == nil else {
                health.suspended += 1
                continue
            }
            health.repositories += 1
            if Self.isIncomplete(row) { health.incomplete += 1 }
            if let asOf = row.completeAsOf, health.oldest.map({ asOf < $0.completeAsOf }) ?? true {
                health.oldest = (row, asOf)
            }
            if let limit = row.rateLimit, limit.limit > 0, limit.resetAt > now {
                let left = Double(limit.remaining) / Double(limit.limit)
                health.quotaLeft[row.locator.provider] = min(left, health.quotaLeft[row.locator.provider] ?? 1)
            }
        }
        for job in jobs {
            health.jobs[job.state, default: 0] += 1
            if job.state != .deadLettered, job.state != .started, let due = job.nextAttemptAt, due <= now {
                health.oldestDue = min(due, health.oldestDue ?? due)
            }
        }
        health.circuits = try circuits(at: now)
        return health
    }

    /// Whether something of a source is known to be missing, as far as its own row tells.
    public static func isIncomplete(_ row: RepositoryRow) -> Bool { !gaps(row).isEmpty }

    /// Events in the log that the state does not have yet.
    public func foldLag() throws -> UInt64 {
        let head = try log.read { snapshot in snapshot.end.rawValue }
        return head - min(head, try count)
    }

    /// What the log and the state take of their storage.
    public func storage() -> [StorageStatus] {
        [StorageStatus("log", log.storage), StorageStatus("state", state.storage)]
    }
}

/// What an environment of LMDB takes.
public struct StorageStatus: Sendable, Equatable {
    /// `log` or `state`.
    public let name: String
    /// Reserved address space, and the used part of the file, in bytes.
    public let mapByteCount: Int
    public let usedByteCount: Int
    /// Reader slots in use, over all processes, and how many there are.
    public let readerCount: Int
    public let maximumReaderCount: Int

    init(_ name: String, _ info: StorageInfo) {
        self.name = name
        mapByteCount = info.mapByteCount
        usedByteCount = info.usedByteCount
        readerCount = info.readerCount
        maximumReaderCount = info.maximumReaderCount
    }
}
