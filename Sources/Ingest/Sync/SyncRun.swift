import EventLog
public import Events
import Projections
import ProviderKit
import State

extension Engine {
    /// Brings a repository up to date: one attempt. An open job of it is gone on with, whatever began it.
    ///
    /// - Parameter progress: told now and then how far it is.
    /// - Returns: what it did, once its `SyncCompleted` is durable and folded.
    /// - Throws: `IngestError`; `syncFailed` after the failure and what follows from it are in the log. `AppendError` where
    ///   the log cannot be written any more.
    public func sync(
        _ id: RepositoryID, reason: SyncReason = .command,
        progress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
    ) async throws -> SyncReport {
        try await exclusion.hold(id) {
            let pin = pins.begin(at: LogPosition(try state.read { view in try view.count }))
            defer { pins.end(pin) }
            return try await withTaskExecutorPreference(options.executor) {
                var run = try await SyncRun.begin(self, id, reason, pin)
                let trace = try trace(of: run.job)
                let report = try await TraceContext.$current.withValue(trace) { try await run.carryOut(progress) }
                try await recordDigestIfDue()
                return report
            }
        }
    }

    /// Brings several repositories up to date, a bounded number of them at once.
    ///
    /// - Parameter completed: told of each as it ends, in no order.
    public func sync(
        _ ids: [RepositoryID], reason: SyncReason = .command,
        progress: @escaping @Sendable (SyncProgress) -> Void = { _ in },
        completed: (RepositoryID, Result<SyncReport, any Error>) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (RepositoryID, Result<SyncReport, any Error>).self) { group in
            var waiting = ids.makeIterator()
            func start() {
                guard let id = waiting.next() else { return }
                group.addTask {
                    do {
                        return (id, .success(try await self.sync(id, reason: reason, progress: progress)))
                    } catch {
                        return (id, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, options.concurrency) { start() }
            while let (id, result) = try await group.next() {
                try await completed(id, result)
                start()
            }
        }
    }
}

/// One attempt at one job.
struct SyncRun {
    let engine: Engine
    var repository: RepositoryRow
    let job: LogPosition
    let attempt: UInt32
    /// Why it is done: what began the job, unless somebody wants it now.
    let reason: SyncReason
    let isForced: Bool
    let startedAt: Timestamp
    /// Keeps deletions away from what it relies on.
    let pin: Pins.Sync
    var story: Story
    /// What happened before the attempt failed and is not in the log yet.
    private var unrecorded: [Event] = []

    /// How often is begun anew because another event of the repository came in between.
    private static let beginAttempts = 16

    /// Requests the work, or takes up the oldest job that is open, and records that the attempt begins.
    static func begin(
        _ engine: Engine, _ id: RepositoryID, _ reason: SyncReason, _ pin: Pins.Sync
    ) async throws -> SyncRun {
        let startedAt = engine.clock()
        for _ in 1..<beginAttempts {
            do {
                return try await SyncRun(engine, try engine.repository(id), reason, pin, at: startedAt)
            } catch let error as AppendError where error.code == .conflict {
                continue
            }
        }
        return try await SyncRun(engine, try engine.repository(id), reason, pin, at: startedAt)
    }

    private init(
        _ engine: Engine, _ repository: RepositoryRow, _ reason: SyncReason, _ pin: Pins.Sync, at startedAt: Timestamp
    ) async throws {
        self.engine = engine
        self.repository = repository
        self.startedAt = startedAt
        self.pin = pin
        let open = try engine.state.read { view in
            try view.jobs(of: repository.id).first { $0.state != .deadLettered }
        }
        attempt = (open?.attempts ?? 0) + 1
        isForced = reason.isForced || open?.reason.isForced == true
        self.reason = reason == .command || reason.isForced ? reason : open?.reason ?? reason
        let started = Event.syncStarted(SyncStarted(attempt: attempt, fromCommit: repository.lastCommit))
        let events = open == nil ? [.syncRequested(SyncRequested(reason: reason)), started] : [started]
        let drafts = events.enumerated().map { index, event in
            EventDraft(
                event, tenant: repository.tenant, domain: repository.domain,
                repository: .position(LogPosition(repository.id.rawValue)),
                correlation: open.map { .position($0.id) } ?? .back(index),
                causation: index > 0 ? .back(1) : open == nil ? .none : .position(repository.lastPosition))
        }
        let expectation = Expectation.repository(repository.id, isAt: repository.lastPosition)
        guard
            case .appended(let range) = try await engine.writer.append(
                drafts, at: startedAt, expectation: expectation)
        else { preconditionFailure("an append without claims cannot find one taken") }
        job = open?.id ?? range.lowerBound
        story = Story(
            tenant: repository.tenant, domain: repository.domain, repository: repository.id, correlation: job,
            last: LogPosition(range.upperBound.rawValue - 1))
    }

    mutating func carryOut(_ progress: @escaping @Sendable (SyncProgress) -> Void) async throws -> SyncReport {
        do {
            return try await observe(progress)
        } catch let error as AppendError {
            throw error
        } catch {
            // What a cancelled request throws may look like any other failure of it.
            if error is CancellationError || Task.isCancelled {
                try await park()
                throw CancellationError()
            }
            throw try await record(Failure(error))
        }
    }

    private mutating func observe(_ progress: @escaping @Sendable (SyncProgress) -> Void) async throws -> SyncReport {
        progress(SyncProgress(stage: .asking, blobs: 0, items: 0))
        // Nothing is fetched only to find once more that there is no room for it.
        if repository.suspension?.reason == .overLimit {
            try engine.checkRoom(forBytes: 1, of: repository.tenant, repository.locator)
        }
        let source = source()
        let session = try engine.provider(named: repository.locator.provider).session(with: source)
        var known = try known()
        // What was missing before the source is asked is here once this sync is completed.
        var gaps = try engine.state.read { view in try view.gaps(of: repository.id).map(\.position) }
        let head: SourceHead
        do {
            head = try await session.head(since: known.checkpoint)
        } catch let error as ProviderError {
            try await append([.pollFailed(PollFailed(failure: named(error.failure)))])
            throw error
        }
        if try await takeIdentity(of: head) { known = try self.known() }
        let polled = Event.pollCompleted(
            PollCompleted(
                changed: head.changed, head: head.commit, ref: head.ref, validator: head.validator,
                requests: session.traffic.requests, bytesReceived: session.traffic.bytesReceived,
                rateLimit: head.rateLimit, quota: head.quota, isScheduled: reason == .schedule))
        try await checkAnnouncement(head, polled)
        if !head.changed, let checkpoint = known.checkpoint, !known.isDistrusted, !isConfigurationNewer {
            return try await completeUnchanged(checkpoint, after: polled, head, session.traffic, closing: gaps)
        }
        if let gap = try missedWebhook(head) {
            try await append([polled, .gapDetected(gap)])
            gaps.append(story.last)
        } else {
            try await append([polled])
        }
        progress(SyncProgress(stage: .fetching, blobs: 0, items: 0))
        let sink = try SyncSink(
            engine: engine, repository: repository, known: known, story: story, pin: pin, progress: progress)
        do {
            let observation = try await session.observe(head, known: known, into: sink)
            // Until the rest is recorded nothing of it is deleted.
            let report = try await engine.pins.recording {
                let rest = try await sink.finish()
                story = sink.story
                return try await complete(
                    observation, sink.report, head, session.traffic, after: rest, closing: gaps)
            }
            try removeScratch(source.spoolDirectory)
            return report
        } catch {
            story = sink.story
            unrecorded = sink.takePending()
            throw error
        }
    }

    private func source() -> Source {
        var source = Source(
            repository: repository.id, tenant: repository.tenant, locator: repository.locator,
            identity: identity, configuration: repository.configuration, limits: engine.options.sourceLimits,
            spoolDirectory: "\(engine.options.spoolDirectory)/\(repository.id.rawValue)",
            cacheDirectory: engine.options.cacheDirectory.map { "\($0)/\(repository.id.rawValue)" },
            // A name or a visibility that somebody else reported is asked for before anything is built upon it.
            reason: isIdentityDue ? .forced : reason)
        source.publicAddressesOnly = repository.publicAddressesOnly
        source.pushed = engine.pushes.changes(of: repository.id)
        return source
    }

    /// Whether the source is asked what it is before anything is built upon its name.
    private var isIdentityDue: Bool {
        if repository.isIdentityDue { return true }
        // What was gone may be back, or another one may be there.
        return repository.suspension.map { $0.reason != .archived && reason != .schedule } ?? false
    }

    private func known() throws -> StateKnownContent {
        var row = repository
        let movedDomain = try hasMovedDomain()
        if movedDomain {
            // Nothing of another domain may be built upon: everything is read into the new one.
            row.lastCommit = nil
            row.lastTree = nil
            row.lastCompleted = nil
        }
        return StateKnownContent(
            state: engine.state, silo: engine.silo, repository: row, isDistrusted: isForced, startsAnew: movedDomain,
            isExact: try !movedDomain && !isForced && isExact())
    }

    /// No sync that was cut has brought items since the last completed one.
    private func isExact() throws -> Bool {
        guard let completed = repository.lastCompleted else { return false }
        return try engine.log.read { log in
            try engine.state.read { view in
                var isExact = true
                try view.forEachPosition(.repository(repository.id), from: completed + 1) { position in
                    isExact = try log.header(at: position)?.kind != EventKind.itemsChanged.rawValue
                    return isExact
                }
                return isExact
            }
        }
    }

    private func hasMovedDomain() throws -> Bool {
        guard let completed = repository.lastCompleted else { return false }
        return try engine.log.read { try $0.header(at: completed)?.domain } != repository.domain
    }

    /// Patterns, branch or visibility changed after the last completed sync.
    private var isConfigurationNewer: Bool {
        guard let lastSyncedAt = repository.lastSyncedAt else { return true }
        return repository.updatedAt > lastSyncedAt
    }

    private mutating func completeUnchanged(
        _ checkpoint: Checkpoint, after polled: Event, _ head: SourceHead, _ traffic: Traffic,
        closing gaps: [LogPosition]
    ) async throws -> SyncReport {
        var report = SyncReport(
            repository: repository.id, locator: repository.locator, commit: checkpoint.commit, tree: checkpoint.tree,
            upToDate: true)
        report.files = repository.files
        report.logicalBytes = repository.logicalBytes
        finish(&report, traffic)
        try await conclude([polled], completion(report, head), closing: gaps)
        return report
    }

    private mutating func complete(
        _ observation: Observation, _ observed: SyncReport, _ head: SourceHead, _ traffic: Traffic,
        after events: [Event], closing gaps: [LogPosition]
    ) async throws -> SyncReport {
        var report = observed
        report.commit = observation.commit
        report.tree = observation.tree
        report.upToDate =
            report.upserted == 0 && report.removed == 0 && repository.lastCommit == observation.commit
        finish(&report, traffic)
        var completed = completion(report, head)
        completed.author = observation.author
        completed.committer = observation.committer
        try await conclude(events, completed, closing: gaps)
        return report
    }

    /// Appends the completion with all that it ends: gaps, and what earlier jobs gave up on.
    private mutating func conclude(
        _ events: [Event], _ completed: SyncCompleted, closing gaps: [LogPosition]
    ) async throws {
        let letters = try engine.state.read { view in try view.jobs(of: repository.id, state: .deadLettered) }
        let resolved = letters.filter { isForced || !$0.reason.isForced }
        try await story.append(
            events + [.syncCompleted(completed)]
                + gaps.map { .gapClosed(GapClosed(gap: $0, commit: completed.commit)) },
            asides: resolved.map { letter in
                Story.Aside(
                    event: .jobDropped(JobDropped(job: letter.id, reason: .completed)), correlation: letter.id,
                    cause: events.count)
            },
            with: engine.writer, at: engine.clock())
        engine.pushes.synced(repository.id, at: completed.commit)
    }

    private func finish(_ report: inout SyncReport, _ traffic: Traffic) {
        report.requests = traffic.requests
        report.bytesFetched = traffic.bytesReceived
        report.seconds = Double(engine.clock().microseconds - startedAt.microseconds) / 1e6
    }

    private func completion(_ report: SyncReport, _ head: SourceHead) -> SyncCompleted {
        SyncCompleted(
            commit: report.commit, tree: report.tree, upToDate: report.upToDate, files: report.files,
            upserted: report.upserted, removed: report.removed, skipped: report.skipped,
            blobsStored: report.blobsStored, blobsReused: report.blobsReused, bytesFetched: report.bytesFetched,
            requests: report.requests, durationMicroseconds: UInt64(max(0, report.seconds) * 1e6),
            logicalBytes: report.logicalBytes, branch: Self.branch(head.ref))
    }

    private static func branch(_ ref: [UInt8]) -> [UInt8] {
        let prefix = Array("refs/heads/".utf8)
        return ref.starts(with: prefix) ? Array(ref.dropFirst(prefix.count)) : ref
    }

    mutating func append(_ events: [Event], claims: [Claim] = []) async throws {
        try await story.append(events, with: engine.writer, at: engine.clock(), claims: claims)
    }

    /// Takes what happened and is not in the log yet; whoever takes it appends it.
    mutating func takeUnrecorded() -> [Event] {
        defer { unrecorded = [] }
        return unrecorded
    }
}

extension SyncReason {
    /// Everything is read again, whatever is known.
    var isForced: Bool { self == .forced || self == .repair }
}
