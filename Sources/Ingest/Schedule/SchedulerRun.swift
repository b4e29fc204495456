import EventLog
import Events
import Projections
import ProviderKit
import State

/// One run of the scheduler. Its task alone changes it.
struct SchedulerRun {
    /// What a child of the run came to.
    enum Happening: Sendable {
        case rested
        case finished(Agenda.Item, Outcome)
        case audited(Int, failure: ProviderError?)
    }

    enum Outcome: Sendable {
        case completed
        case failed(Failure, retryAt: Timestamp?)
        /// Somebody else works on the repository.
        case busy
        /// It is not watched any more.
        case gone
        case cancelled
        /// Nothing can be recorded any more.
        case fatal(any Error)
    }

    private let scheduler: Scheduler
    private var engine: Engine { scheduler.engine }
    private var options: SchedulerOptions { scheduler.options }
    private let startedAt: Timestamp
    private var agenda: Agenda
    private var pacing: Pacing
    private var running: Set<RepositoryID> = []
    private var audits: [(nextAt: Timestamp, isRunning: Bool)]
    private var auditFailures: [String: String] = [:]
    /// Something may be due that was not when the agenda was made.
    private var isStale = true
    private var rescanAt: Timestamp
    private var polls: PollPolicy
    private var pollsVersion: Int
    /// Repositories when all were last looked through.
    private var scannedCount = 0
    private var nextJob: Timestamp?
    /// Tenants of whose jobs only the first are in the agenda.
    private var cutTenants: Set<TenantID> = []
    private var isResting = false
    private var restUntil: Timestamp

    /// A repository that somebody else works on is tried again after so many seconds.
    private static let busySeconds = 1.0

    init(_ scheduler: Scheduler) throws {
        self.scheduler = scheduler
        startedAt = scheduler.engine.clock()
        (polls, pollsVersion) = scheduler.polls
        agenda = Agenda(patience: max(1, scheduler.options.patience))
        let engine = scheduler.engine
        // What failed for an earlier process fails for this one too.
        let circuits = try engine.log.read { log in
            try engine.state.read { view in try view.circuits(log, policy: scheduler.options.circuits) }
        }
        pacing = Pacing(scheduler.options, circuits: circuits)
        audits = Array(repeating: (startedAt, false), count: scheduler.audits.count)
        rescanAt = startedAt
        restUntil = startedAt
    }

    var status: SchedulerStatus {
        var status = SchedulerStatus()
        status.running = running.sorted()
        status.waiting = agenda.count
        status.circuits = pacing.circuits.open
        status.pauses = pacing.pauses(at: engine.clock())
        status.nextAt = restUntil
        status.auditFailures = auditFailures
        return status
    }

    // MARK: A pass

    /// Starts what may be started, and sees to it that somebody wakes up when there is more.
    mutating func pass(_ group: inout ThrowingTaskGroup<Happening, any Error>) async throws {
        try await engine.recordRejections()
        let now = engine.clock()
        let (polls, version) = scheduler.polls
        if version != pollsVersion {
            (self.polls, pollsVersion) = (polls, version)
            rescanAt = now
        }
        startAudits(at: now, &group)
        let concurrency = max(1, options.concurrency ?? engine.options.concurrency)
        var isHolding: Bool
        repeat {
            isHolding = false
            if running.count < concurrency, isStale || now >= rescanAt || nextJob.map({ now >= $0 }) ?? false {
                try refill(at: now)
            }
            agenda.gatherPolls(at: now)
            while running.count < concurrency, let item = next(at: now) {
                guard try isDue(item, at: now) else {
                    pacing.release(item, at: now)
                    continue
                }
                if let pause = try await engine.pause(of: item, at: now) {
                    pacing.pause(item, pause, until: min(pause.until, rescanAt), at: now)
                    isHolding = true
                    continue
                }
                running.insert(item.repository)
                let engine = engine
                group.addTask { .finished(item, await engine.carryOut(item)) }
            }
            // Behind what is held back may be what is not.
            if isHolding { isStale = true }
        } while isHolding && running.count < concurrency
        rest(at: now, &group)
    }

    private mutating func next(at now: Timestamp) -> Agenda.Item? {
        var pacing = pacing
        defer { self.pacing = pacing }
        let running = running
        return agenda.next { item in !running.contains(item.repository) && pacing.admit(item, at: now) }
    }

    private mutating func refill(at now: Timestamp) throws {
        let count = try engine.state.read { view in try view.rowCount(.repositories) }
        if now >= rescanAt || count != scannedCount {
            rescanAt = now.adding(seconds: options.rescanSeconds)
            scannedCount = count
            let rows = try engine.state.read { view in try view.repositories() }
            agenda.forgetPolls()
            for row in rows { agenda.plan(row, at: polls.next(row, start: startedAt)) }
        }
        let (jobs, hosts, next) = try engine.state.read { view in
            var hosts: [RepositoryID: String] = [:]
            // What is held back must not hide what is not.
            let jobs = try view.dueJobs(at: now, ofEachTenant: options.jobsPerTenant) { job in
                let host =
                    try agenda.host(of: job.repository)
                    ?? view.repository(job.repository).flatMap { Circuit.host(of: $0.locator) }
                hosts[job.repository] = host
                return !pacing.isHeld(job, host: host, at: now)
            }
            return (jobs, hosts, try view.nextDue(after: now))
        }
        agenda.set(jobs: jobs) { hosts[$0] }
        var counts: [TenantID: Int] = [:]
        for job in jobs { counts[job.tenant, default: 0] += 1 }
        cutTenants = Set(counts.filter { $0.value >= options.jobsPerTenant }.keys)
        nextJob = next
        isStale = false
    }

    /// Whether what was due when the agenda was made is so still. What turns out not to be is planned anew.
    private mutating func isDue(_ item: Agenda.Item, at now: Timestamp) throws -> Bool {
        let (row, jobs) = try engine.state.read { view in
            (try view.repository(item.repository), try view.jobs(of: item.repository))
        }
        guard let row else { return false }
        if let id = item.job {
            return jobs.contains { $0.id == id && $0.nextAttemptAt.map { $0 <= now } ?? false }
        }
        let due = row.isRemoved ? nil : polls.next(row, start: startedAt)
        // A job that is open asks the source too.
        let isOpen = jobs.contains { $0.state != .deadLettered }
        guard let due, due <= now, !isOpen else {
            agenda.plan(row, at: isOpen ? nil : due)
            return false
        }
        return true
    }

    // MARK: What happened

    mutating func take(_ happening: Happening) async throws {
        let now = engine.clock()
        switch happening {
        case .finished(let item, _) where item.host.map({ pacing.circuits.isHeld($0, at: now) }) ?? false:
            // What was left out since the host failed may be due now.
            isStale = true
        case .finished(let item, _) where cutTenants.contains(item.tenant) && !agenda.hasJobs(of: item.tenant):
            isStale = true
        default: break
        }
        switch happening {
        case .rested:
            isResting = false
            isStale = true
        case .audited(let index, let failure):
            let audit = scheduler.audits[index]
            let next = now.adding(seconds: options.auditIntervalSeconds)
            audits[index] = (max(next, failure?.retryAt ?? next), false)
            if (auditFailures[audit.provider] == nil) != (failure == nil) {
                options.auditChanged(audit.provider, failure?.message)
            }
            auditFailures[audit.provider] = failure?.message
        case .finished(let item, let outcome):
            running.remove(item.repository)
            try await take(outcome, of: item, at: now)
            let row = try engine.state.read { view in try view.repository(item.repository) }
            if let row { agenda.plan(row, at: polls.next(row, start: startedAt)) }
        }
    }

    private mutating func take(_ outcome: Outcome, of item: Agenda.Item, at now: Timestamp) async throws {
        switch outcome {
        case .completed: pacing.succeeded(item)
        case .failed(let failure, let retryAt):
            pacing.failed(item, failure, at: now)
            if let retryAt { nextJob = min(nextJob ?? retryAt, retryAt) }
        case .busy:
            pacing.release(item, at: now)
            pacing.hold(item.repository, until: now.adding(seconds: Self.busySeconds))
            isStale = true
        case .gone:
            pacing.release(item, at: now)
            try await engine.dropJobs(of: item.repository)
        case .cancelled: pacing.release(item, at: now)
        case .fatal(let error): throw error
        }
    }

    // MARK: Resting

    /// One child rests at a time. Where something is due before it wakes up, it is woken.
    private mutating func rest(at now: Timestamp, _ group: inout ThrowingTaskGroup<Happening, any Error>) {
        let audit = audits.filter { !$0.isRunning }.map(\.nextAt).min()
        let candidates = [nextJob, agenda.nextPoll(after: now), pacing.nextRelease(after: now), audit, rescanAt]
        // What is due already waits for somebody to finish, or is named among those that are held back.
        let until = candidates.compactMap { $0 }.filter { $0 > now }.min() ?? now.adding(seconds: options.rescanSeconds)
        if isResting {
            if until < restUntil { engine.signal.fire() }
            restUntil = min(until, restUntil)
            return
        }
        isResting = true
        restUntil = until
        let (signal, sleep) = (engine.signal, options.sleep)
        group.addTask {
            await withTaskGroup(of: Void.self) { either in
                either.addTask { await signal.wait() }
                either.addTask {
                    // Cancelled once the signal came.
                    do { try await sleep(until) } catch {}
                }
                await either.next()
                either.cancelAll()
            }
            return .rested
        }
    }

    private mutating func startAudits(at now: Timestamp, _ group: inout ThrowingTaskGroup<Happening, any Error>) {
        for index in audits.indices where !audits[index].isRunning && audits[index].nextAt <= now {
            audits[index].isRunning = true
            let (engine, audit, options) = (engine, scheduler.audits[index], options)
            group.addTask {
                do {
                    try await engine.compareDeliveries(audit, options)
                    return .audited(index, failure: nil)
                } catch let error as ProviderError {
                    return .audited(index, failure: error)
                }
            }
        }
    }
}

extension Engine {
    /// Until when an attempt would only be told to wait, as far as its provider has heard; nil: it may start.
    fileprivate func pause(of item: Agenda.Item, at now: Timestamp) async throws -> LimitPause? {
        guard let row = try state.read({ view in try view.repository(item.repository) }) else { return nil }
        let provider = try provider(named: row.locator.provider)
        // What it would be read with now: that may be another credential than the last time.
        let quotas: [String]
        do { quotas = try await provider.quotas(of: row.tenant, for: row.locator) } catch {
            return nil  // The attempt itself says what is wrong.
        }
        return (quotas.isEmpty ? [row.quota] : quotas)
            .compactMap { provider.pause(of: $0, for: item.reason, at: now) }.max { $0.until < $1.until }
    }

    /// One attempt, with what became of it as a value.
    fileprivate func carryOut(_ item: Agenda.Item) async -> SchedulerRun.Outcome {
        do {
            _ = try await sync(item.repository, reason: item.reason)
            return .completed
        } catch is CancellationError {
            return .cancelled
        } catch let error as IngestError {
            switch error.code {
            case .busy: return .busy
            case .removed, .unknownRepository: return .gone
            default:
                guard let failure = error.failure else { return .fatal(error) }
                return .failed(failure, retryAt: error.retryAt)
            }
        } catch {
            return .fatal(error)
        }
    }
}
