public import Events

/// One source as a provider needs to know it.
public struct Source: Sendable {
    public var repository: RepositoryID
    /// Whose credential it is read with.
    public var tenant: TenantID
    public var locator: Locator
    /// What the provider is known to call it; nil as long as it has not been asked.
    public var identity: SourceIdentity?
    public var configuration: RepositoryConfiguration
    public var limits: SourceLimits
    /// Whoever added it may have it asked for in the public network alone.
    public var publicAddressesOnly = false
    /// A directory for this source alone, for what does not fit in memory. It may not exist yet. What is left there by
    /// an attempt that was cut is offered to the next; it is deleted after a completed sync.
    public var spoolDirectory: String
    /// A directory for this source alone, for what makes the next reading cheaper. It may not exist yet, and what is in it
    /// may be lost at any time. Nil: nothing is kept.
    public var cacheDirectory: String?

    /// Why it is read, which decides what that may cost.
    public var reason: SyncReason
    /// What reports said changed since the last time, for providers to whom that spares a question; nil where nobody said it.
    public var pushed: PushedChanges?

    public init(
        repository: RepositoryID, tenant: TenantID, locator: Locator, identity: SourceIdentity? = nil,
        configuration: RepositoryConfiguration, limits: SourceLimits, spoolDirectory: String,
        cacheDirectory: String? = nil, reason: SyncReason = .command
    ) {
        self.repository = repository
        self.tenant = tenant
        self.locator = locator
        self.identity = identity
        self.reason = reason
        self.cacheDirectory = cacheDirectory
        self.configuration = configuration
        self.limits = limits
        self.spoolDirectory = spoolDirectory
    }
}

/// Limits of what one source may cost.
public struct SourceLimits: Sendable {
    /// A larger content is skipped and recorded. Nil: no limit.
    public var maximumBlobByteCount: UInt64?
    /// Of everything that one sync may put into the spool.
    public var maximumSpoolByteCount: UInt64 = 64 << 30
    /// Depth of directories; deeper ones make the sync fail.
    public var maximumDepth = 4096
    /// Length of a path in bytes.
    public var maximumPathByteCount = 65_536
    /// Items of one source.
    public var maximumItemCount = 10_000_000

    public init() {}
}

/// What a completed sync leaves behind, for the next one to start from.
public struct Checkpoint: Sendable, Equatable {
    public var commit: SHA1Hash
    public var tree: SHA1Hash
    /// What the source itself compares: an ETag or the like.
    public var validator: [UInt8]

    public init(commit: SHA1Hash, tree: SHA1Hash, validator: [UInt8] = []) {
        self.commit = commit
        self.tree = tree
        self.validator = validator
    }
}

/// What a provider knows a source by, whatever name it has at the moment.
public struct SourceIdentity: Sendable, Equatable {
    /// The provider's own permanent number of it.
    public var externalID: UInt64
    /// Where it is now: another locator than the one it was asked by says that it has moved.
    public var locator: Locator
    /// The provider does not let anybody read it.
    public var isPrivate: Bool

    public init(externalID: UInt64, locator: Locator, isPrivate: Bool) {
        self.externalID = externalID
        self.locator = locator
        self.isPrivate = isPrivate
    }
}

/// What a source is at.
public struct SourceHead: Sendable, Equatable {
    /// The commit; nil for a source that has none, be it empty or without the notion.
    public var commit: SHA1Hash?
    /// The full name of the ref: `refs/heads/main`. Empty where the source has no refs.
    public var ref: [UInt8]
    public var validator: [UInt8]
    /// Something may have changed since the checkpoint. A source that cannot tell says true.
    public var changed: Bool
    public var rateLimit: RateLimit?
    /// Names the credential that the rate limit is one of, without telling it. Empty where there is none.
    public var quota: String
    /// Where the provider was asked: what the source is known by.
    public var identity: SourceIdentity?

    public init(
        commit: SHA1Hash?, ref: [UInt8] = [], validator: [UInt8] = [], changed: Bool, rateLimit: RateLimit? = nil,
        quota: String = "", identity: SourceIdentity? = nil
    ) {
        self.quota = quota
        self.identity = identity
        self.commit = commit
        self.ref = ref
        self.validator = validator
        self.changed = changed
        self.rateLimit = rateLimit
    }
}

/// What was observed, as a whole.
public struct Observation: Sendable, Equatable {
    /// For a source without commits the hash of its tree.
    public var commit: SHA1Hash
    public var tree: SHA1Hash
    /// As the commit has them; empty where there are none.
    public var author: [UInt8]
    public var committer: [UInt8]

    public init(commit: SHA1Hash, tree: SHA1Hash, author: [UInt8] = [], committer: [UInt8] = []) {
        self.commit = commit
        self.tree = tree
        self.author = author
        self.committer = committer
    }
}
