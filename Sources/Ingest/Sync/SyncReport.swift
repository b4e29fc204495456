public import Events
public import ProviderKit

/// What a sync did.
public struct SyncReport: Sendable, Equatable {
    public var repository: RepositoryID
    public var locator: Locator
    /// What the source is at: a commit; for a source without commits the hash of its tree.
    public var commit: SHA1Hash
    public var tree: SHA1Hash
    public var upToDate: Bool
    /// Visible files, and the sum of their sizes in bytes.
    public var files: UInt64 = 0
    public var logicalBytes: UInt64 = 0
    /// Paths with a new version, gone paths, and paths that are there and not taken.
    public var upserted: UInt64 = 0
    public var removed: UInt64 = 0
    public var skipped: UInt64 = 0
    /// Contents that were new, and changed paths whose content was there already.
    public var blobsStored: UInt64 = 0
    public var blobsReused: UInt64 = 0
    /// How content was fetched; nil where nothing was.
    public var mode: FetchMode?
    /// On the wire, the question whether anything changed included.
    public var bytesFetched: UInt64 = 0
    public var requests: UInt64 = 0
    public var seconds: Double = 0

    init(repository: RepositoryID, locator: Locator, commit: SHA1Hash, tree: SHA1Hash, upToDate: Bool) {
        self.repository = repository
        self.locator = locator
        self.commit = commit
        self.tree = tree
        self.upToDate = upToDate
    }
}

/// How far a sync is, for whoever watches it.
public struct SyncProgress: Sendable {
    public enum Stage: Sendable { case asking, fetching, storing, comparing }

    public var stage: Stage
    /// Contents stored and items compared so far.
    public var blobs: UInt64
    public var items: UInt64
    /// What the source has given so far, and how much there is of it in all; nil before it has said anything.
    public var reading: ReadingProgress?
}
