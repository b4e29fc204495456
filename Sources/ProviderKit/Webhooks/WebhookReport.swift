public import Events

/// What a source reported of itself, as far as it matters here.
public struct WebhookReport: Sendable, Equatable {
    /// Unique to this report; the same when it is delivered again.
    public var delivery: String
    /// The source's word for what happened, such as `push`.
    public var event: String
    /// A finer word, such as `renamed`.
    public var action: String?
    /// Who did it; empty where the report does not say.
    public var sender: String
    /// The installation through which it came.
    public var installation: UInt64?
    public var content: Content

    public enum Content: Sendable, Equatable {
        case ping
        /// A ref moved, came into being, or is gone.
        case ref(ReportedRefChange)
        /// A repository as such changed.
        case repository(ReportedRepository, RepositoryChange)
        /// What may be read through an installation changed.
        case installation(ReportedInstallation)
        /// Recorded and left alone.
        case other
    }

    public init(
        delivery: String, event: String, action: String? = nil, sender: String = "", installation: UInt64? = nil,
        content: Content
    ) {
        self.delivery = delivery
        self.event = event
        self.action = action
        self.sender = sender
        self.installation = installation
        self.content = content
    }
}

/// A repository as a report names it.
public struct ReportedRepository: Sendable, Hashable {
    /// The source's own permanent number of it, which survives renames and transfers.
    public var externalID: UInt64
    public var locator: Locator
    /// Nil where the report does not say.
    public var isPrivate: Bool?
    /// Without `refs/heads/`; nil where the report does not say.
    public var defaultBranch: [UInt8]?

    public init(externalID: UInt64, locator: Locator, isPrivate: Bool? = nil, defaultBranch: [UInt8]? = nil) {
        self.externalID = externalID
        self.locator = locator
        self.isPrivate = isPrivate
        self.defaultBranch = defaultBranch
    }
}

/// What happened to one ref of one repository.
public struct ReportedRefChange: Sendable, Equatable {
    public var repository: ReportedRepository
    /// The full name: `refs/heads/main`.
    public var ref: [UInt8]
    /// What it was at before; nil where it did not exist, or the report does not say.
    public var before: SHA1Hash?
    /// What it is at now; nil where it is gone, or the report does not say (`create` and `delete` do not).
    public var after: SHA1Hash?
    /// The new commit does not follow from the old one.
    public var isForced: Bool
    /// Whether `before` and `after` are told: true for a push.
    public var tellsCommits: Bool
    /// The files that changed; nil where the report does not tell files.
    public var changes: PushedChanges?

    public init(
        repository: ReportedRepository, ref: [UInt8], before: SHA1Hash?, after: SHA1Hash?, isForced: Bool = false,
        tellsCommits: Bool = true, changes: PushedChanges? = nil
    ) {
        self.changes = changes
        self.repository = repository
        self.ref = ref
        self.before = before
        self.after = after
        self.isForced = isForced
        self.tellsCommits = tellsCommits
    }
}

/// What happened to a repository as such.
public enum RepositoryChange: Sendable, Equatable {
    case created
    case deleted
    /// It has another name or owner now; the old locator, where the report tells it.
    case moved(from: Locator?)
    case visibility(isPrivate: Bool)
    case archived
    case unarchived
    /// Its description, default branch or the like.
    case edited
}

/// What happened to an installation, and which repositories it gained and lost.
public struct ReportedInstallation: Sendable, Equatable {
    public enum Change: Sendable, Equatable {
        case created, deleted, suspended, resumed
        /// Permissions or the list of repositories.
        case changed
    }

    public var id: UInt64
    /// The user or organisation that it belongs to.
    public var account: String
    public var change: Change
    public var added: [ReportedRepository]
    public var removed: [ReportedRepository]

    public init(
        id: UInt64, account: String, change: Change, added: [ReportedRepository] = [],
        removed: [ReportedRepository] = []
    ) {
        self.id = id
        self.account = account
        self.change = change
        self.added = added
        self.removed = removed
    }
}
