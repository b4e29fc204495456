import Events
import Projections

/// What is due, and whose turn it is. Pure: it is told rows and times.
///
/// Urgent work comes first, and now and then what is least urgent. Of one urgency tenants take turns; of one tenant what was
/// due first comes first.
struct Agenda {
    enum Urgency: Int, CaseIterable {
        /// Somebody waits for it, or a source has just reported it.
        case urgent
        /// Tried again.
        case ordinary
        case poll
    }

    struct Item: Equatable, Sendable {
        var repository: RepositoryID
        var tenant: TenantID
        var host: String?
        /// The job; nil for a poll, which makes one.
        var job: LogPosition?
        var reason: SyncReason
        /// The first attempt at what a webhook reported.
        var isReport = false

        /// Whether somebody or something other than the time asks for it; such work may use what limits keep back.
        var isAsked: Bool { reason != .schedule }
    }

    /// When a repository is asked next.
    private struct Poll {
        var due: Timestamp
        var tenant: TenantID
        var host: String?
    }

    private let patience: UInt64
    private var queues: [[TenantID: [Item]]] = Urgency.allCases.map { _ in [:] }
    private var polls: [RepositoryID: Poll] = [:]
    /// When each tenant was last served, counted in starts.
    private var served: [TenantID: UInt64] = [:]
    private var starts: UInt64 = 0

    init(patience: UInt64) { self.patience = patience }

    /// Items that are due.
    var count: Int { queues.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.count } } }

    /// When the next repository is to be asked of which that is not due.
    func nextPoll(after now: Timestamp) -> Timestamp? { polls.values.map(\.due).filter { $0 > now }.min() }

    // MARK: Telling it

    /// The jobs that are due, those due first before the others. Replaces those from before.
    mutating func set(jobs: [JobRow], host: (RepositoryID) -> String?) {
        queues[Urgency.urgent.rawValue] = [:]
        queues[Urgency.ordinary.rawValue] = [:]
        for job in jobs {
            let isReport = job.reason == .webhook && job.attempts == 0
            let isUrgent = job.state == .requested && job.reason != .schedule || isReport
            let urgency: Urgency = isUrgent ? .urgent : .ordinary
            queues[urgency.rawValue][job.tenant, default: []].append(
                Item(
                    repository: job.repository, tenant: job.tenant, host: host(job.repository), job: job.id,
                    reason: job.reason, isReport: isReport))
        }
    }

    /// When a repository is asked next; nil: never.
    mutating func plan(_ row: RepositoryRow, at due: Timestamp?) {
        polls[row.id] = due.map { Poll(due: $0, tenant: row.tenant, host: Circuit.host(of: row.locator)) }
    }

    /// Forgets all that was planned.
    mutating func forgetPolls() { polls = [:] }

    /// Puts the polls that are due into their queue.
    mutating func gatherPolls(at now: Timestamp) {
        var queue: [TenantID: [Item]] = [:]
        let due = polls.filter { $0.value.due <= now }.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        for (repository, poll) in due {
            queue[poll.tenant, default: []].append(
                Item(repository: repository, tenant: poll.tenant, host: poll.host, job: nil, reason: .schedule))
        }
        queues[Urgency.poll.rawValue] = queue
    }

    func host(of repository: RepositoryID) -> String? { polls[repository]?.host }

    // MARK: Asking it

    /// Whether a job of a tenant is left that was not taken out.
    func hasJobs(of tenant: TenantID) -> Bool {
        [Urgency.urgent, .ordinary].contains { queues[$0.rawValue][tenant]?.isEmpty == false }
    }

    /// Takes out what is to be started next.
    ///
    /// - Parameter admit: whether it may start now. Asked in the order in which items would be taken; what it refuses stays.
    mutating func next(_ admit: (Item) -> Bool) -> Item? {
        let isPatient = starts % patience == patience - 1
        let order = isPatient ? Urgency.allCases.reversed() : Urgency.allCases
        for urgency in order {
            let tenants = queues[urgency.rawValue].keys.sorted { (served[$0] ?? 0, $0) < (served[$1] ?? 0, $1) }
            for tenant in tenants {
                guard let queue = queues[urgency.rawValue][tenant],
                    let index = queue.firstIndex(where: { admit($0) })
                else { continue }
                starts += 1
                served[tenant] = starts
                queues[urgency.rawValue][tenant]?.remove(at: index)
                if queue.count == 1 { queues[urgency.rawValue][tenant] = nil }
                return queue[index]
            }
        }
        return nil
    }
}
