/// What happened. One case a kind; see ``EventKind`` for their numbers.
public enum Event: Sendable, Equatable {
    case repositoryAdded(RepositoryAdded)
    case repositoryReconfigured(RepositoryReconfigured)
    case repositoryRemoved(RepositoryRemoved)
    case tenantAdded(TenantAdded)
    case pollCompleted(PollCompleted)
    case pollFailed(PollFailed)
    case syncRequested(SyncRequested)
    case syncStarted(SyncStarted)
    case fetchCompleted(FetchCompleted)
    case fetchFailed(FetchFailed)
    case itemsChanged(ItemsChanged)
    case syncCompleted(SyncCompleted)
    case syncFailed(SyncFailed)
    case retryScheduled(RetryScheduled)
    case jobDeadLettered(JobDeadLettered)
    case jobRequeued(JobRequeued)
    case jobDropped(JobDropped)
    case blobsStored(BlobsStored)
    case shardSealed(ShardSealed)
    case blobCorrupted(BlobCorrupted)
    case blobRepaired(BlobRepaired)
    case blobRefused(BlobRefused)

    /// What it carries.
    var payload: any EventPayload {
        switch self {
        case .repositoryAdded(let payload): payload
        case .repositoryReconfigured(let payload): payload
        case .repositoryRemoved(let payload): payload
        case .tenantAdded(let payload): payload
        case .pollCompleted(let payload): payload
        case .pollFailed(let payload): payload
        case .syncRequested(let payload): payload
        case .syncStarted(let payload): payload
        case .fetchCompleted(let payload): payload
        case .fetchFailed(let payload): payload
        case .itemsChanged(let payload): payload
        case .syncCompleted(let payload): payload
        case .syncFailed(let payload): payload
        case .retryScheduled(let payload): payload
        case .jobDeadLettered(let payload): payload
        case .jobRequeued(let payload): payload
        case .jobDropped(let payload): payload
        case .blobsStored(let payload): payload
        case .shardSealed(let payload): payload
        case .blobCorrupted(let payload): payload
        case .blobRepaired(let payload): payload
        case .blobRefused(let payload): payload
        }
    }

    public var kind: EventKind {
        switch self {
        case .repositoryAdded: .repositoryAdded
        case .repositoryReconfigured: .repositoryReconfigured
        case .repositoryRemoved: .repositoryRemoved
        case .tenantAdded: .tenantAdded
        case .pollCompleted: .pollCompleted
        case .pollFailed: .pollFailed
        case .syncRequested: .syncRequested
        case .syncStarted: .syncStarted
        case .fetchCompleted: .fetchCompleted
        case .fetchFailed: .fetchFailed
        case .itemsChanged: .itemsChanged
        case .syncCompleted: .syncCompleted
        case .syncFailed: .syncFailed
        case .retryScheduled: .retryScheduled
        case .jobDeadLettered: .jobDeadLettered
        case .jobRequeued: .jobRequeued
        case .jobDropped: .jobDropped
        case .blobsStored: .blobsStored
        case .shardSealed: .shardSealed
        case .blobCorrupted: .blobCorrupted
        case .blobRepaired: .blobRepaired
        case .blobRefused: .blobRefused
        }
    }

    /// The event of that kind in these payloads.
    ///
    /// - Throws: `DecodingFailure` for an unknown kind or version, and for a malformed payload.
    init(
        kind: EventKind.RawValue, version: UInt16, clear: RawSpan, sealed: RawSpan
    ) throws(DecodingFailure) {
        guard let kind = EventKind(rawValue: kind) else {
            throw DecodingFailure("event kind \(kind) is unknown to this version: use a newer one to read this log")
        }
        guard version >= 1, version <= kind.currentVersion else {
            throw DecodingFailure("version \(version) of \(kind.name) is unknown to this version")
        }
        switch kind {
        case .repositoryAdded: self = .repositoryAdded(try .init(clear: clear, sealed: sealed))
        case .repositoryReconfigured: self = .repositoryReconfigured(try .init(clear: clear, sealed: sealed))
        case .repositoryRemoved: self = .repositoryRemoved(try .init(clear: clear, sealed: sealed))
        case .tenantAdded: self = .tenantAdded(try .init(clear: clear, sealed: sealed))
        case .pollCompleted: self = .pollCompleted(try .init(clear: clear, sealed: sealed))
        case .pollFailed: self = .pollFailed(try .init(clear: clear, sealed: sealed))
        case .syncRequested: self = .syncRequested(try .init(clear: clear, sealed: sealed))
        case .syncStarted: self = .syncStarted(try .init(clear: clear, sealed: sealed))
        case .fetchCompleted: self = .fetchCompleted(try .init(clear: clear, sealed: sealed))
        case .fetchFailed: self = .fetchFailed(try .init(clear: clear, sealed: sealed))
        case .itemsChanged: self = .itemsChanged(try .init(clear: clear, sealed: sealed))
        case .syncCompleted: self = .syncCompleted(try .init(clear: clear, sealed: sealed))
        case .syncFailed: self = .syncFailed(try .init(clear: clear, sealed: sealed))
        case .retryScheduled: self = .retryScheduled(try .init(clear: clear, sealed: sealed))
        case .jobDeadLettered: self = .jobDeadLettered(try .init(clear: clear, sealed: sealed))
        case .jobRequeued: self = .jobRequeued(try .init(clear: clear, sealed: sealed))
        case .jobDropped: self = .jobDropped(try .init(clear: clear, sealed: sealed))
        case .blobsStored: self = .blobsStored(try .init(clear: clear, sealed: sealed))
        case .shardSealed: self = .shardSealed(try .init(clear: clear, sealed: sealed))
        case .blobCorrupted: self = .blobCorrupted(try .init(clear: clear, sealed: sealed))
        case .blobRepaired: self = .blobRepaired(try .init(clear: clear, sealed: sealed))
        case .blobRefused: self = .blobRefused(try .init(clear: clear, sealed: sealed))
        }
    }

    func encodePayload() -> (clear: [UInt8], sealed: [UInt8]) { payload.encode() }

    /// The payload as people and scripts read it.
    public var json: JSONValue { .object(payload.json) }
}

/// What an event of one kind carries, and its two wire forms: in clear, and sealed with the tenant's key.
protocol EventPayload: Sendable, Equatable {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure)
    func encode() -> (clear: [UInt8], sealed: [UInt8])
    var json: [(String, JSONValue)] { get }
}
