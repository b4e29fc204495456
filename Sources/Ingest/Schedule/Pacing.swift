import Events
import Projections

/// Keeps work away from where it would do no good for now: repositories that are busy or were synced often just now, and hosts
/// that keep failing. Pure: time is told to it.
struct Pacing {
    private let options: SchedulerOptions
    private var circuits: [String: Circuit] = [:]
    /// Repositories that are not to be taken before that time.
    private var notBefore: [RepositoryID: Timestamp] = [:]
    /// When each was last synced for a webhook, the oldest first.
    private var bursts: [RepositoryID: [Timestamp]] = [:]

    init(_ options: SchedulerOptions) { self.options = options }

    /// Whether an item may start now. One that may is counted as started.
    mutating func admit(_ item: Agenda.Item, at now: Timestamp) -> Bool {
        if let time = notBefore[item.repository], now < time { return false }
        if item.isReport, burstEnd(item.repository, at: now).map({ now < $0 }) ?? false { return false }
        if let host = item.host, !circuits[host, default: Circuit()].admit(at: now) { return false }
        notBefore[item.repository] = nil
        if item.isReport { bursts[item.repository, default: []].append(now) }
        return true
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

    // MARK: Hosts

    mutating func succeeded(_ item: Agenda.Item, at now: Timestamp) {
        record(item, at: now, isFailure: false)
    }

    mutating func failed(_ item: Agenda.Item, _ failure: Failure, at now: Timestamp) {
        if Self.isOfHost(failure) {
            record(item, at: now, isFailure: true)
        } else if failure.errorClass == .permanent {
            // It answered.
            record(item, at: now, isFailure: false)
        } else {
            release(item, at: now)
        }
    }

    /// What was started told nothing of its host.
    mutating func release(_ item: Agenda.Item, at now: Timestamp) {
        if let host = item.host { circuits[host]?.release(at: now) }
    }

    private mutating func record(_ item: Agenda.Item, at now: Timestamp, isFailure: Bool) {
        guard let host = item.host else { return }
        circuits[host, default: Circuit()].record(
            item.repository, at: now, isFailure: isFailure, policy: options.circuits)
        if !isFailure { circuits[host] = nil }
    }

    /// Failures that others at the same host would have too.
    private static func isOfHost(_ failure: Failure) -> Bool {
        failure.errorClass == .transient && ["unreachable", "timeout", "cut", "serverError"].contains(failure.code)
    }

    var open: [OpenCircuit] {
        circuits.sorted { $0.key < $1.key }.compactMap { host, circuit in
            switch circuit.state {
            case .closed: nil
            case .open(let until): OpenCircuit(host: host, until: until)
            case .probing: OpenCircuit(host: host, until: nil)
            }
        }
    }

    /// When something that is held back may start next.
    mutating func nextRelease(after now: Timestamp) -> Timestamp? {
        notBefore = notBefore.filter { $0.value > now }
        let bursts = Array(bursts.keys).compactMap { burstEnd($0, at: now) }
        return (Array(notBefore.values) + bursts + open.compactMap(\.until)).filter { $0 > now }.min()
    }
}
