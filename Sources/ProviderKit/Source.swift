public import Events

/// One source as a provider needs to know it.
public struct Source: Sendable {
    public var repository: RepositoryID
    public var locator: Locator
    public var configuration: RepositoryConfiguration
    public var limits: SourceLimits
    /// A directory for this source alone, for what does not fit in memory. It may not exist yet. What is left there by
    /// an attempt that was cut is offered to the next; it is deleted after a completed sync.
    public var spoolDirectory: String

    public init(
        repository: RepositoryID, locator: Locator, configuration: RepositoryConfiguration, limits: SourceLimits,
        spoolDirectory: String
    ) {
        self.repository = repository
        self.locator = locator
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

    public init(
        commit: SHA1Hash?, ref: [UInt8] = [], validator: [UInt8] = [], changed: Bool, rateLimit: RateLimit? = nil
    ) {
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
