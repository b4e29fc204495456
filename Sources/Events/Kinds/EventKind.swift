/// The number of an event's kind. Permanent: never renumbered, never used again. Those without a case yet are taken too.
///
/// | numbers | kinds |
/// |---|---|
/// | 101–107 | RepositoryAdded, RepositoryReconfigured, RepositoryRenamed, RepositoryVisibilityChanged, RepositorySuspended, RepositoryResumed, RepositoryRemoved |
/// | 108–116 | CredentialStored, CredentialRefreshed, CredentialRevoked, TenantAdded, TenantErased, TokenIssued, TokenRevoked, RepositoryIdentified, TenantLimited |
/// | 201–207 | WebhookReceived, WebhookRepeated, WebhookRejected, PollCompleted, PollFailed, GapDetected, GapClosed |
/// | 301–311 | SyncRequested, SyncStarted, FetchCompleted, FetchFailed, ItemsChanged, SyncCompleted, SyncFailed, RetryScheduled, JobDeadLettered, JobRequeued, JobDropped |
/// | 401–413 | BlobsStored, ShardSealed, BlobsReleased, BlobsDeleted, ShardCompacted, BlobCorrupted, BlobRepaired, BlobRefused, LargeFileStored, VersionsReleased, BlobsRestored, BodiesReleased, VersionsRestored |
/// | 501–504 | SubscriptionAdded, SubscriptionRemoved, NotificationDelivered, NotificationFailed |
/// | 601–602 | CheckpointSigned, StateDigest |
public enum EventKind: UInt16, Sendable, CaseIterable {
    case repositoryAdded = 101
    case repositoryReconfigured = 102
    case repositoryRenamed = 103
    case repositoryVisibilityChanged = 104
    case repositorySuspended = 105
    case repositoryResumed = 106
    case repositoryRemoved = 107
    case credentialStored = 108
    case credentialRefreshed = 109
    case credentialRevoked = 110
    case tenantAdded = 111
    case tenantErased = 112
    case tokenIssued = 113
    case tokenRevoked = 114
    case repositoryIdentified = 115
    case tenantLimited = 116
    case webhookReceived = 201
    case webhookRepeated = 202
    case webhookRejected = 203
    case pollCompleted = 204
    case pollFailed = 205
    case gapDetected = 206
    case gapClosed = 207
    case syncRequested = 301
    case syncStarted = 302
    case fetchCompleted = 303
    case fetchFailed = 304
    case itemsChanged = 305
    case syncCompleted = 306
    case syncFailed = 307
    case retryScheduled = 308
    case jobDeadLettered = 309
    case jobRequeued = 310
    case jobDropped = 311
    case blobsStored = 401
    case shardSealed = 402
    case blobsReleased = 403
    case blobsDeleted = 404
    case shardCompacted = 405
    case blobCorrupted = 406
    case blobRepaired = 407
    case blobRefused = 408
    case largeFileStored = 409
    case versionsReleased = 410
    case blobsRestored = 411
    case bodiesReleased = 412
    case versionsRestored = 413
    case checkpointSigned = 601
    case stateDigest = 602

    /// The name by which people and scripts know it: `RepositoryAdded`.
    public var name: String {
        let lowerCamelCase = String(describing: self)
        return lowerCamelCase.prefix(1).uppercased() + lowerCamelCase.dropFirst()
    }

    /// The kind of that name, in whatever case it is written.
    public init?(name: some StringProtocol) {
        let wanted = name.lowercased()
        guard let kind = Self.allCases.first(where: { $0.name.lowercased() == wanted }) else { return nil }
        self = kind
    }

    /// The version in which new events of this kind are written.
    public var currentVersion: UInt16 { Upcasters.current.currentVersion(of: self) }
}
