/// What happened. One case a kind; see ``EventKind`` for their numbers.
public enum Event: Sendable, Equatable {
    case repositoryAdded(RepositoryAdded)
    case repositoryReconfigured(RepositoryReconfigured)
    case repositoryRenamed(RepositoryRenamed)
    case repositoryVisibilityChanged(RepositoryVisibilityChanged)
    case repositorySuspended(RepositorySuspended)
    case repositoryResumed(RepositoryResumed)
    case repositoryRemoved(RepositoryRemoved)
    case credentialStored(CredentialStored)
    case credentialRefreshed(CredentialRefreshed)
    case credentialRevoked(CredentialRevoked)
    case tenantAdded(TenantAdded)
    case tenantErased(TenantErased)
    case tokenIssued(TokenIssued)
    case tokenRevoked(TokenRevoked)
    case repositoryIdentified(RepositoryIdentified)
    case tenantLimited(TenantLimited)
    case webhookReceived(WebhookReceived)
    case webhookRepeated(WebhookRepeated)
    case webhookRejected(WebhookRejected)
    case pollCompleted(PollCompleted)
    case pollFailed(PollFailed)
    case gapDetected(GapDetected)
    case gapClosed(GapClosed)
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
    case blobsReleased(BlobsReleased)
    case blobsDeleted(BlobsDeleted)
    case shardCompacted(ShardCompacted)
    case blobCorrupted(BlobCorrupted)
    case blobRepaired(BlobRepaired)
    case blobRefused(BlobRefused)
    case largeFileStored(LargeFileStored)
    case versionsReleased(VersionsReleased)
    case blobsRestored(BlobsRestored)
    case bodiesReleased(BodiesReleased)
    case versionsRestored(VersionsRestored)
    case checkpointSigned(CheckpointSigned)
    case stateDigest(StateDigest)

    /// What it carries.
    var payload: any EventPayload {
        switch self {
        case .repositoryAdded(let payload): payload
        case .repositoryReconfigured(let payload): payload
        case .repositoryRenamed(let payload): payload
        case .repositoryVisibilityChanged(let payload): payload
        case .repositorySuspended(let payload): payload
        case .repositoryResumed(let payload): payload
        case .repositoryRemoved(let payload): payload
        case .credentialStored(let payload): payload
        case .credentialRefreshed(let payload): payload
        case .credentialRevoked(let payload): payload
        case .tenantAdded(let payload): payload
        case .tenantErased(let payload): payload
        case .tokenIssued(let payload): payload
        case .tokenRevoked(let payload): payload
        case .repositoryIdentified(let payload): payload
        case .tenantLimited(let payload): payload
        case .webhookReceived(let payload): payload
        case .webhookRepeated(let payload): payload
        case .webhookRejected(let payload): payload
        case .pollCompleted(let payload): payload
        case .pollFailed(let payload): payload
        case .gapDetected(let payload): payload
        case .gapClosed(let payload): payload
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
        case .blobsReleased(let payload): payload
        case .blobsDeleted(let payload): payload
        case .shardCompacted(let payload): payload
        case .blobCorrupted(let payload): payload
        case .blobRepaired(let payload): payload
        case .blobRefused(let payload): payload
        case .largeFileStored(let payload): payload
        case .versionsReleased(let payload): payload
        case .blobsRestored(let payload): payload
        case .bodiesReleased(let payload): payload
        case .versionsRestored(let payload): payload
        case .checkpointSigned(let payload): payload
        case .stateDigest(let payload): payload
        }
    }

    public var kind: EventKind {
        switch self {
        case .repositoryAdded: .repositoryAdded
        case .repositoryReconfigured: .repositoryReconfigured
        case .repositoryRenamed: .repositoryRenamed
        case .repositoryVisibilityChanged: .repositoryVisibilityChanged
        case .repositorySuspended: .repositorySuspended
        case .repositoryResumed: .repositoryResumed
        case .repositoryRemoved: .repositoryRemoved
        case .credentialStored: .credentialStored
        case .credentialRefreshed: .credentialRefreshed
        case .credentialRevoked: .credentialRevoked
        case .tenantAdded: .tenantAdded
        case .tenantErased: .tenantErased
        case .tokenIssued: .tokenIssued
        case .tokenRevoked: .tokenRevoked
        case .repositoryIdentified: .repositoryIdentified
        case .tenantLimited: .tenantLimited
        case .webhookReceived: .webhookReceived
        case .webhookRepeated: .webhookRepeated
        case .webhookRejected: .webhookRejected
        case .pollCompleted: .pollCompleted
        case .pollFailed: .pollFailed
        case .gapDetected: .gapDetected
        case .gapClosed: .gapClosed
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
        case .blobsReleased: .blobsReleased
        case .blobsDeleted: .blobsDeleted
        case .shardCompacted: .shardCompacted
        case .blobCorrupted: .blobCorrupted
        case .blobRepaired: .blobRepaired
        case .blobRefused: .blobRefused
        case .largeFileStored: .largeFileStored
        case .versionsReleased: .versionsReleased
        case .blobsRestored: .blobsRestored
        case .bodiesReleased: .bodiesReleased
        case .versionsRestored: .versionsRestored
        case .checkpointSigned: .checkpointSigned
        case .stateDigest: .stateDigest
        }
    }

    /// The event of that kind in these payloads. Those of an earlier version are brought to the current one.
    ///
    /// - Throws: `DecodingFailure` for an unknown kind or version, and for a malformed payload.
    init(
        kind: EventKind.RawValue, version: UInt16, clear: RawSpan, sealed: RawSpan, upcasters: Upcasters = .current
    ) throws(DecodingFailure) {
        let kind = try EventKind(stored: kind, version: version, upcasters)
        guard version < upcasters.currentVersion(of: kind) else {
            try self.init(kind, clear: clear, sealed: sealed)
            return
        }
        let payloads = try upcasters.raise(kind, version: version, clear: clear, sealed: sealed)
        try self.init(kind, clear: payloads.clear.span.bytes, sealed: payloads.sealed.span.bytes)
    }

    /// The event of that kind in payloads of its current version.
    private init(_ kind: EventKind, clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        switch kind {
        case .repositoryAdded: self = .repositoryAdded(try .init(clear: clear, sealed: sealed))
        case .repositoryReconfigured: self = .repositoryReconfigured(try .init(clear: clear, sealed: sealed))
        case .repositoryRenamed: self = .repositoryRenamed(try .init(clear: clear, sealed: sealed))
        case .repositoryVisibilityChanged: self = .repositoryVisibilityChanged(try .init(clear: clear, sealed: sealed))
        case .repositorySuspended: self = .repositorySuspended(try .init(clear: clear, sealed: sealed))
        case .repositoryResumed: self = .repositoryResumed(try .init(clear: clear, sealed: sealed))
        case .repositoryRemoved: self = .repositoryRemoved(try .init(clear: clear, sealed: sealed))
        case .credentialStored: self = .credentialStored(try .init(clear: clear, sealed: sealed))
        case .credentialRefreshed: self = .credentialRefreshed(try .init(clear: clear, sealed: sealed))
        case .credentialRevoked: self = .credentialRevoked(try .init(clear: clear, sealed: sealed))
        case .tenantAdded: self = .tenantAdded(try .init(clear: clear, sealed: sealed))
        case .tenantErased: self = .tenantErased(try .init(clear: clear, sealed: sealed))
        case .tokenIssued: self = .tokenIssued(try .init(clear: clear, sealed: sealed))
        case .tokenRevoked: self = .tokenRevoked(try .init(clear: clear, sealed: sealed))
        case .repositoryIdentified: self = .repositoryIdentified(try .init(clear: clear, sealed: sealed))
        case .tenantLimited: self = .tenantLimited(try .init(clear: clear, sealed: sealed))
        case .webhookReceived: self = .webhookReceived(try .init(clear: clear, sealed: sealed))
        case .webhookRepeated: self = .webhookRepeated(try .init(clear: clear, sealed: sealed))
        case .webhookRejected: self = .webhookRejected(try .init(clear: clear, sealed: sealed))
        case .pollCompleted: self = .pollCompleted(try .init(clear: clear, sealed: sealed))
        case .pollFailed: self = .pollFailed(try .init(clear: clear, sealed: sealed))
        case .gapDetected: self = .gapDetected(try .init(clear: clear, sealed: sealed))
        case .gapClosed: self = .gapClosed(try .init(clear: clear, sealed: sealed))
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
        case .blobsReleased: self = .blobsReleased(try .init(clear: clear, sealed: sealed))
        case .blobsDeleted: self = .blobsDeleted(try .init(clear: clear, sealed: sealed))
        case .shardCompacted: self = .shardCompacted(try .init(clear: clear, sealed: sealed))
        case .blobCorrupted: self = .blobCorrupted(try .init(clear: clear, sealed: sealed))
        case .blobRepaired: self = .blobRepaired(try .init(clear: clear, sealed: sealed))
        case .blobRefused: self = .blobRefused(try .init(clear: clear, sealed: sealed))
        case .largeFileStored: self = .largeFileStored(try .init(clear: clear, sealed: sealed))
        case .versionsReleased: self = .versionsReleased(try .init(clear: clear, sealed: sealed))
        case .blobsRestored: self = .blobsRestored(try .init(clear: clear, sealed: sealed))
        case .bodiesReleased: self = .bodiesReleased(try .init(clear: clear, sealed: sealed))
        case .versionsRestored: self = .versionsRestored(try .init(clear: clear, sealed: sealed))
        case .checkpointSigned: self = .checkpointSigned(try .init(clear: clear, sealed: sealed))
        case .stateDigest: self = .stateDigest(try .init(clear: clear, sealed: sealed))
        }
    }

    func encodePayload() -> (clear: [UInt8], sealed: [UInt8]) { payload.encode() }

    /// What rates count: the event, and the items or contents in it.
    public var itemCount: Int {
        switch self {
        case .itemsChanged(let changed): 1 + changed.items.count
        case .blobsStored(let stored): 1 + stored.blobs.count
        default: 1
        }
    }

    /// The payload as people and scripts read it.
    public var json: JSONValue { .object(payload.json) }
}

/// What an event of one kind carries, and its two wire forms: in clear, and sealed with the tenant's key.
protocol EventPayload: Sendable, Equatable {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure)
    func encode() -> (clear: [UInt8], sealed: [UInt8])
    var json: [(String, JSONValue)] { get }
}
