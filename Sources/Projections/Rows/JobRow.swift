public import Events

/// Where a job is.
public enum JobState: UInt8, Sendable, CaseIterable {
    /// Due as soon as somebody takes it.
    case requested = 1
    /// An attempt is under way, or was when the process ended.
    case started = 2
    /// An attempt failed; the next one is due at `nextAttemptAt`.
    case waiting = 3
    /// It gave up.
    case deadLettered = 4

    /// As scripts read it.
    public var name: String { String(describing: self) }
}

/// A sync that somebody asked for and that is not completed.
public struct JobRow: Sendable, Equatable {
    /// The position of its `SyncRequested`.
    public var id: LogPosition
    public var repository: RepositoryID
    public var tenant: TenantID
    public var domain: Domain
    public var reason: SyncReason
    public var state: JobState
    /// Attempts that were begun.
    public var attempts: UInt32
    public var requestedAt: Timestamp
    /// When it is due; nil while it is started or a dead letter.
    public var nextAttemptAt: Timestamp?
    public var failure: RecordedFailure?
    /// What a webhook announced: the full name of the ref, and its commit.
    public var ref: [UInt8]?
    public var commit: SHA1Hash?

    public init(
        id: LogPosition, repository: RepositoryID, tenant: TenantID, domain: Domain, reason: SyncReason,
        state: JobState = .requested, attempts: UInt32 = 0, requestedAt: Timestamp, nextAttemptAt: Timestamp?,
        failure: RecordedFailure? = nil, ref: [UInt8]? = nil, commit: SHA1Hash? = nil
    ) {
        self.id = id
        self.repository = repository
        self.tenant = tenant
        self.domain = domain
        self.reason = reason
        self.state = state
        self.attempts = attempts
        self.requestedAt = requestedAt
        self.nextAttemptAt = nextAttemptAt
        self.failure = failure
        self.ref = ref
        self.commit = commit
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var keyReader = ByteReader(key)
        id = try keyReader.position()
        tenant = try SplitRow.tenant(row)
        var open = ByteReader(SplitRow.open(row))
        var sealed = ByteReader(SplitRow.sealed(row))
        repository = try open.repository()
        domain = try open.domain()
        let reasonNumber = try open.uint32()
        let stateNumber = try open.byte()
        guard let reason = SyncReason(rawValue: reasonNumber), let state = JobState(rawValue: stateNumber) else {
            throw DecodingFailure("a job has the unknown reason \(reasonNumber) or state \(stateNumber)")
        }
        self.reason = reason
        self.state = state
        attempts = try open.uint32()
        requestedAt = try open.timestamp()
        nextAttemptAt = try open.optionalTime()
        failure = try RecordedFailure.decodeOptional(open: &open, sealed: &sealed)
        ref = try sealed.optionalString()
        commit = try open.optionalSHA1()
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        open.put(repository)
        open.put(domain.rawValue)
        open.put(reason.rawValue)
        open.append(state.rawValue)
        open.put(attempts)
        open.put(requestedAt)
        open.put(optional: nextAttemptAt)
        RecordedFailure.encode(optional: failure, open: &open, sealed: &sealed)
        sealed.put(optional: ref)
        open.put(optional: commit)
        return SplitRow.encode(tenant: tenant, open: open, sealed: sealed)
    }

    /// A time as eight bytes that sort as times do: the sign is turned round.
    public static func sortable(_ time: Timestamp) -> UInt64 { UInt64(bitPattern: time.microseconds) ^ 1 << 63 }

    /// The time that ``sortable(_:)`` made into a key.
    public static func time(sortable: UInt64) -> Timestamp {
        Timestamp(microseconds: Int64(bitPattern: sortable ^ 1 << 63))
    }
}
