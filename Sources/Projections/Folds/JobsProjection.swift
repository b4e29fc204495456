public import Events

/// Syncs that were asked for and are not completed, those that are due, and those that gave up.
///
/// What an attempt says of itself names its job by the record's correlation: the story began with the request.
public enum JobsProjection: Projection {
    public static let name = "jobs"
    public static let version: UInt32 = 2
    public static let tables: [Table] = [.jobs, .jobsByRepository, .dueJobs, .deadLetters]

    private enum Delta {
        static let requested: UInt8 = 1
        static let started: UInt8 = 2
        static let failed: UInt8 = 3
        static let waiting: UInt8 = 4
        static let deadLettered: UInt8 = 5
        static let requeued: UInt8 = 6
        /// Completed, or dropped.
        static let closed: UInt8 = 7
    }

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        let header = envelope.header
        func add(_ job: LogPosition, _ kind: UInt8, _ write: (inout [UInt8]) -> Void = { _ in }) {
            deltas.add(.jobs) {
                $0.put(job)
            } delta: { delta in
                delta.append(kind)
                write(&delta)
            }
        }
        func recorded(_ failure: Failure) -> (inout [UInt8]) -> Void {
            { delta in
                delta.put(header.time)
                delta.put(envelope.position)
                delta.put(failure)
            }
        }
        switch envelope.event {
        case .syncRequested(let event):
            guard let repository = header.repository else { return }
            let row = JobRow(
                id: envelope.position, repository: repository, tenant: header.tenant, domain: header.domain,
                reason: event.reason, requestedAt: header.time, nextAttemptAt: header.time, ref: event.ref,
                commit: event.commit)
            add(envelope.position, Delta.requested) { $0.append(contentsOf: row.encode()) }
        case .syncStarted(let event): add(header.correlation, Delta.started) { $0.put(event.attempt) }
        case .syncFailed(let event): add(header.correlation, Delta.failed, recorded(event.failure))
        case .syncCompleted: add(header.correlation, Delta.closed)
        case .retryScheduled(let event):
            add(event.job, Delta.waiting) { delta in
                delta.put(event.attempt)
                delta.put(event.at)
                recorded(event.failure)(&delta)
            }
        case .jobDeadLettered(let event):
            add(event.job, Delta.deadLettered) { delta in
                delta.put(event.attempts)
                recorded(event.failure)(&delta)
            }
        case .jobRequeued(let event): add(event.job, Delta.requeued) { $0.put(header.time) }
        case .jobDropped(let event): add(event.job, Delta.closed)
        default: break
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        var reader = ByteReader(delta)
        let kind = try reader.byte()
        if kind == Delta.requested { return row.load(delta.extracting(1..<delta.byteCount)) }
        if kind == Delta.closed { return row.remove() }
        // What is said of a job that is not there, or not any more, changes nothing.
        guard row.isPresent else { return }
        var job = try JobRow(key: key, decoding: row.bytes.span.bytes)
        switch kind {
        case Delta.started:
            job.state = .started
            job.attempts = try reader.uint32()
            job.nextAttemptAt = nil
        case Delta.failed:
            job.failure = try recordedFailure(&reader)
        case Delta.waiting:
            job.state = .waiting
            // Whoever schedules it says which attempt comes: one that the source put off does not count.
            let attempt = try reader.uint32()
            job.attempts = attempt == 0 ? 0 : attempt - 1
            job.nextAttemptAt = try reader.timestamp()
            job.failure = try recordedFailure(&reader)
        case Delta.deadLettered:
            job.state = .deadLettered
            job.attempts = try reader.uint32()
            job.nextAttemptAt = nil
            job.failure = try recordedFailure(&reader)
        case Delta.requeued:
            job.state = .requested
            job.nextAttemptAt = try reader.timestamp()
        default: throw DecodingFailure("delta \(kind) of a job is unknown")
        }
        row.set(job.encode())
    }

    private static func recordedFailure(_ reader: inout ByteReader) throws(DecodingFailure) -> RecordedFailure {
        let at = try reader.timestamp()
        let position = try reader.position()
        return RecordedFailure(failure: try reader.failure(), at: at, position: position)
    }

    public static func derive(
        _ table: Table, key: RawSpan, row: RawSpan, into derivation: inout Derivation
    ) throws(DecodingFailure) {
        guard table == .jobs else { return }
        let job = try JobRow(key: key, decoding: row)
        derivation.entry(.jobsByRepository, tenant: job.tenant.rawValue) { key in
            key.put(job.repository)
            key.put(job.id)
        }
        if let due = job.nextAttemptAt {
            derivation.entry(.dueJobs, tenant: job.tenant.rawValue) { key in
                key.put(JobRow.sortable(due))
                key.put(job.id)
            }
        }
        if job.state == .deadLettered {
            derivation.entry(.deadLetters, tenant: job.tenant.rawValue) { $0.put(job.id) }
        }
    }

    public static func digest(_ table: Table, key: RawSpan, row: RawSpan, into form: inout DigestForm) {
        form.write(key: key, row: table == .jobs ? SplitRow.digested(row) : row)
    }
}
