public import Events
import LMDB

/// Appends to a log: one transaction and one sync take what all callers have brought meanwhile (group commit).
///
/// Runs on the serial executor that it is given, which should own a thread, since a commit blocks it. The first caller to come
/// leads: it lets those who queue up behind it in, then writes for all of them. A failure to write is final: what a failed
/// sync left on the device is unknown, so every later append is refused until the log is opened again.
public actor EventLogWriter {
    private nonisolated let log: EventLog
    private let follower: any LogFollower
    private let executor: any SerialExecutor
    private nonisolated let limits: WriterLimits
    private nonisolated let admission: Admission

    private var hasher: SHA256Hasher
    private var tail: LogTail
    private var queue: [Waiting] = []
    private var isLed = false
    private var failure: AppendError?
    private var isClosed = false

    private struct Waiting {
        let request: AppendRequest
        let byteCount: Int
        let continuation: CheckedContinuation<Turn, any Error>
    }

    /// What somebody who waited wakes up to.
    private enum Turn {
        case done(AppendResult)
        /// To write the next batch; its own request, taken out of the queue, comes first.
        case lead
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A writer at the end of `log`, which the follower has reached.
    ///
    /// - Throws: `LogError` where the log was opened for reading, or its end is damaged.
    public init(
        log: EventLog, follower: any LogFollower, executor: any SerialExecutor, limits: WriterLimits = .init()
    ) throws {
        guard log.mode == .writer else { throw LogError(.storage, "it was opened for reading") }
        var hasher = SHA256Hasher()
        tail = try log.read { try LogTail(of: $0, hasher: &hasher) }
        self.hasher = hasher
        self.log = log
        self.follower = follower
        self.executor = executor
        self.limits = limits
        admission = Admission(limits)
    }

    /// Appends the events of `request`, all or none. When it returns they are durable and the follower has folded them.
    ///
    /// Not undone by cancellation. Times that lie before the last event's are moved forward to it.
    /// - Throws: `AppendError`; or what the follower throws when asked about an expectation or a claim.
    public nonisolated(nonsending) func append(_ request: AppendRequest) async throws -> AppendResult {
        let byteCount = request.byteCount
        guard request.events.count <= WriterLimits.requestEvents else {
            throw AppendError.tooLarge("\(WriterLimits.requestEvents) events")
        }
        guard byteCount <= limits.requestBytes else { throw AppendError.tooLarge("\(limits.requestBytes) bytes") }
        try admission.enter(bytes: byteCount)
        defer { admission.leave(bytes: byteCount) }
        return try await commit(request, byteCount)
    }

    /// Encodes, seals and hashes `drafts`, and appends them.
    ///
    /// - Throws: also what the log's keys throw.
    public nonisolated(nonsending) func append(
        _ drafts: [EventDraft], at time: Timestamp, expectation: Expectation? = nil, claims: [Claim] = []
    ) async throws -> AppendResult {
        var hasher = SHA256Hasher()
        var events: [EncodedEvent] = []
        events.reserveCapacity(drafts.count)
        for draft in drafts { events.append(try EncodedEvent(draft, at: time, keys: log.keys, hasher: &hasher)) }
        return try await append(AppendRequest(events, expectation: expectation, claims: claims))
    }

    /// Takes no more requests. Those that wait already are carried out.
    public func stop() {
        isClosed = true
    }

    /// The number of events and the root over them, as far as they are durable.
    public var treeHead: TreeHead {
        TreeHead(size: tail.end.rawValue, root: tail.frontier.root(hasher: &hasher))
    }

    private func commit(_ request: AppendRequest, _ byteCount: Int) async throws -> AppendResult {
        if let failure { throw failure }
        if isClosed { throw AppendError.stopped("it was closed", nil) }
        if isLed {
            // A task that prefers an executor of its own gives way on its way into this call, and then the one who led may
            // have ended: only in here nobody comes in between.
            let turn = try await withCheckedThrowingContinuation { continuation in
                if isLed {
                    queue.append(Waiting(request: request, byteCount: byteCount, continuation: continuation))
                } else {
                    isLed = true
                    continuation.resume(returning: Turn.lead)
                }
            }
            if case .done(let result) = turn { return result }
        } else {
            isLed = true
            // Those whose calls wait for this executor come in meanwhile, and find that somebody leads.
            var present: Int
            repeat {
                present = queue.count
                await letOthersIn()
            } while queue.count > present && queue.count < limits.batchEvents
        }
        let others = takeBatch(after: request, byteCount)
        let results = write([request] + others.map(\.request))
        handOver()
        for (waiting, result) in zip(others, results.dropFirst()) {
            waiting.continuation.resume(with: result.map { .done($0) })
        }
        guard let own = results.first else { preconditionFailure("a batch has no result for its first request") }
        return try own.get()
    }

    private func letOthersIn() async {
        if let thread = executor as? ThreadExecutor {
            // Not through the shared pool, whose threads may be busy for long.
            await withUnsafeContinuation { continuation in thread.perform { continuation.resume() } }
        } else {
            await Task.yield()
        }
    }

    /// Those who come along: as many from the front of the queue as the limits of a transaction leave room for.
    private func takeBatch(after first: AppendRequest, _ firstByteCount: Int) -> [Waiting] {
        var eventCount = first.events.count
        var byteCount = firstByteCount
        var taken = 0
        while taken < queue.count {
            eventCount += queue[taken].request.events.count
            byteCount += queue[taken].byteCount
            guard eventCount <= limits.batchEvents, byteCount <= limits.batchBytes else { break }
            taken += 1
        }
        let batch = Array(queue[..<taken])
        queue.removeFirst(taken)
        return batch
    }

    /// Lets the first of those who still wait write the next batch.
    private func handOver() {
        guard !queue.isEmpty else {
            isLed = false
            return
        }
        queue.removeFirst().continuation.resume(returning: .lead)
    }

    private func write(_ requests: [AppendRequest]) -> [Result<AppendResult, any Error>] {
        // Whoever waited when a batch failed leads after the failure.
        if let failure { return requests.map { _ in .failure(failure) } }
        let plan = BatchPlan(requests, from: tail.end, follower: follower)
        do {
            let batch = try makeDurable(requests, plan)
            if !batch.range.isEmpty { try fold(batch) }
        } catch {
            failure = error
            return requests.map { _ in .failure(error) }
        }
        return plan.outcomes.map { outcome in
            switch outcome {
            case .append(let range): .success(.appended(range))
            case .alreadyClaimed(let holder): .success(.alreadyClaimed(by: holder))
            case .refused(let error): .failure(error)
            }
        }
    }

    private func makeDurable(_ requests: [AppendRequest], _ plan: BatchPlan) throws(AppendError) -> CommittedBatch {
        var events: [EncodedEvent] = []
        for (request, outcome) in zip(requests, plan.outcomes) {
            guard case .append = outcome else { continue }
            if events.isEmpty { events = request.events } else { events.append(contentsOf: request.events) }
        }
        let start = tail.end
        guard !events.isEmpty else { return CommittedBatch(range: start..<start, events: []) }
        let newTail: LogTail
        do {
            newTail = try log.environment.write { transaction in
                // Begins from nothing each time it runs, since it runs again where the map has to be grown.
                var newTail = tail
                try newTail.enter(transaction.id)
                try newTail.append(&events, to: log, in: &transaction, hasher: &hasher)
                return newTail
            }
        } catch {
            throw .stopped("writing failed; open it again, after what is wrong has been mended", error)
        }
        tail = newTail
        return CommittedBatch(range: start..<newTail.end, events: events)
    }

    private func fold(_ batch: CommittedBatch) throws(AppendError) {
        do {
            try follower.fold(batch)
        } catch {
            throw .stopped("the state did not take over events that are durable; open it again", error)
        }
    }
}
