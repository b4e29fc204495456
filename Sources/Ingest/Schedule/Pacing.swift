import Events
import Projections

/// Keeps work away from where it would do no good for now: repositories that are busy or were synced often just now, and hosts
/// that keep failing. Pure: time is told to it.
struct Pacing {
    /// What a limit holds back of one repository.
    private struct Held {
        /// Everything.
        var until: Timestamp?
        /// What nothing but the time asks for.
        var pollsUntil: Timestamp?
    }

    private let options: SchedulerOptions
    private(set) var circuits: CircuitBoard
    /// Repositories that are not to be taken before that time.
    private var notBefore: [RepositoryID: Timestamp] = [:]
    private var held: [RepositoryID: Held] = [:]
    /// The limits that held something back last, by their names.
    private var pauses: [String: Timestamp] = [:]
    /// When each was last synced for a webhook, the oldest first.
    private var bursts: [RepositoryID: [Timestamp]] = [:]

    /// - Parameter circuits: as they follow from what happened before.
    init(_ options: SchedulerOptions, circuits: CircuitBoard) {
        self.options = options
        self.circuits = circuits
    }

    /// Whether an item may start now. One that may is counted as started.
    mutating func admit(_ item: Agenda.Item, at now: Timestamp) -> Bool {
        if let time = notBefore[item.repository], now < time { return false }
        if isPaused(item.repository, isAsked: item.isAsked, at: now) { return false }
        if item.isReport, burstEnd(item.repository, at: now).map({ now < $0 }) ?? false { return false }
        if let host = item.host, !circuits.admit(host, at: now) { return false }
        notBefore[item.repository] = nil
        held[item.repository] = nil
        if item.isReport { bursts[item.repository, default: []].append(now) }
        return true
    }

    /// Whether a job may not start now for a reason that others at the same host or with the same credential have too.
    func isHeld(_ job: JobRow, host: String?, at now: Timestamp) -> Bool {
        isPaused(job.repository, isAsked: job.reason != .schedule, at: now)
            || host.map { circuits.isHeld($0, at: now) } ?? false
    }

    /// From when on a further webhook's sync of a repository may begin; nil: it may.
    private mutating func burstEnd(_ repository: RepositoryID, at now: Timestamp) -> Timestamp? {
        guard let times = bursts[repository] else { return nil }
        let recent = times.filter { $0.adding(seconds: options.burstWindowSeconds) > now }
        bursts[repository] = recent.isEmpty ? nil : recent
        guard recent.count >= options.burstCount else { return nil }
        return recent[recent.count - options.burstCount].adding(seconds: options.burstWindowSeconds)
    }

    mutating func hold(_ repository: RepositoryID, until time: Timestamp) { notBefore[repository] = time }

    // MARK: Limits

    /// A limit would let nothing through. It was admitted, and does not start.
    ///
    /// - Parameter time: when it is looked at again; somebody may have given another credential by then.
    mutating func pause(_ item: Agenda.Item, _ pause: LimitPause, until time: Timestamp, at now: Timestamp) {
        release(item, at: now)
        if item.isReport { _ = bursts[item.repository]?.popLast() }
        pauses[pause.limit] = pause.until
        if item.isAsked { held[item.repository, default: Held()].until = time }
        held[item.repository, default: Held()].pollsUntil = time
    }

    private func isPaused(_ repository: RepositoryID, isAsked: Bool, at now: Timestamp) -> Bool {
        guard let held = held[repository] else { return false }
        return (isAsked ? held.until : held.pollsUntil).map { now < $0 } ?? false
    }

    /// Limits that hold work back, in the order of their names.
    func pauses(at now: Timestamp) -> [LimitPause] {
        pauses.filter { $0.value > now }.sorted { $0.key < $1.key }.map { LimitPause(limit: $0.key, until: $0.value) }
    }

    // MARK: Hosts

    mutating func succeeded(_ item: Agenda.Item) {
        if let host = item.host { circuits.succeeded(host) }
    }

    mutating func failed(_ item: Agenda.Item, _ failure: Failure, at now: Timestamp) {
        if let host = item.host { circuits.failed(host, item.repository, failure, at: now) }
    }

    /// What was started told nothing of its host.
    mutating func release(_ item: Agenda.Item, at now: Timestamp) {
        if let host = item.host { circuits.release(host, at: now) }
    }

    /// When something that is held back may start next.
    mutating func nextRelease(after now: Timestamp) -> Timestamp? {
        notBefore = notBefore.filter { $0.value > now }
        held = held.filter { isPaused($0.key, isAsked: false, at: now) || isPaused($0.key, isAsked: true, at: now) }
        let bursts = Array(bursts.keys).compactMap { burstEnd($0, at: now) }
        let pauses = held.values.flatMap { [$0.until, $0.pollsUntil].compactMap(\.self) }
        return (Array(notBefore.values) + pauses + bursts + circuits.open.compactMap(\.until)).filter { $0 > now }.min()
    }
}
