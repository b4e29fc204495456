public import Events

/// A watched source and what is known of it.
public struct RepositoryRow: Sendable, Equatable {
    public var id: RepositoryID
    public var tenant: TenantID
    /// Where its content is kept.
    public var domain: Domain
    public var locator: Locator
    public var configuration: RepositoryConfiguration
    public var addedAt: Timestamp
    /// When what is watched of it was last changed.
    public var updatedAt: Timestamp
    /// The last event that names the repository.
    public var lastPosition: LogPosition
    /// The branch that the last sync followed.
    public var branch: [UInt8]?
    /// What the source compares the next time; of the last poll.
    public var validator: [UInt8] = []
    public var rateLimit: RateLimit?
    /// What the last poll saw, and when.
    public var polledHead: SHA1Hash?
    public var polledAt: Timestamp?
    /// The last `SyncCompleted`, and what it said.
    public var lastCompleted: LogPosition?
    public var lastSyncedAt: Timestamp?
    public var lastCommit: SHA1Hash?
    public var lastTree: SHA1Hash?
    public var files: UInt64 = 0
    public var logicalBytes: UInt64 = 0
    /// The source was as it is kept here at this time: that of the last poll without a change, or of the poll that the last
    /// sync followed.
    public var completeAsOf: Timestamp?
    /// Attempts that failed since the last completed sync.
    public var retryCount: UInt32 = 0
    public var nextRetryAt: Timestamp?
    /// The last failure since a sync was completed or a poll saw no change.
    public var lastFailure: RecordedFailure?
    public var removedAt: Timestamp?
    /// The provider's own number of it; nil until that was learnt.
    public var externalID: UInt64?
    /// Why it is not read; nil where it is.
    public var suspension: Suspension?
    /// Where the last poll stands.
    public var polledPosition: LogPosition?
    /// How many polls in a row that nothing but the time caused found no change; and how many more found one before. Each
    /// quiet one takes one away from the others.
    public var quietPolls: UInt32 = 0
    public var changedPolls: UInt32 = 0
    /// Names the credential that ``rateLimit`` is one of.
    public var quota = ""
    /// Its name or visibility changed since the last completed sync: the provider has to be asked for both anew.
    public var isIdentityDue = false
    /// It is asked for in the public network alone, wherever others may lie.
    public var publicAddressesOnly = false

    public var isRemoved: Bool { removedAt != nil }

    public init(
        id: RepositoryID, tenant: TenantID, domain: Domain, locator: Locator, configuration: RepositoryConfiguration,
        addedAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.domain = domain
        self.locator = locator
        self.configuration = configuration
        self.addedAt = addedAt
        updatedAt = addedAt
        lastPosition = LogPosition(id.rawValue)
    }
}

extension RepositoryRow {
    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(key)
        let id = try reader.repository()
        var open = ByteReader(SplitRow.open(row))
        var sealed = ByteReader(SplitRow.sealed(row))
        let domain = try open.domain()
        let provider = try open.text()
        let configuration = try RepositoryConfiguration(open: &open, sealed: &sealed)
        self.init(
            id: id, tenant: try SplitRow.tenant(row), domain: domain,
            locator: Locator(provider: provider, source: try sealed.string()), configuration: configuration,
            addedAt: try open.timestamp())
        updatedAt = try open.timestamp()
        lastPosition = try open.position()
        branch = try sealed.optionalString()
        validator = try open.string()
        rateLimit = try open.flag() ? try open.rateLimit() : nil
        polledHead = try open.optionalSHA1()
        polledAt = try open.optionalTime()
        lastCompleted = try open.optionalPosition()
        lastSyncedAt = try open.optionalTime()
        lastCommit = try open.optionalSHA1()
        lastTree = try open.optionalSHA1()
        files = try open.varint()
        logicalBytes = try open.varint()
        completeAsOf = try open.optionalTime()
        retryCount = try open.uint32()
        nextRetryAt = try open.optionalTime()
        lastFailure = try RecordedFailure.decodeOptional(open: &open, sealed: &sealed)
        removedAt = try open.optionalTime()
        externalID = try open.optionalUInt64()
        suspension = try open.flag() ? try Suspension(open: &open, sealed: &sealed) : nil
        polledPosition = try open.optionalPosition()
        quietPolls = try open.uint32()
        changedPolls = try open.uint32()
        quota = try open.text()
        let marks = try open.byte()
        guard marks <= 3 else { throw DecodingFailure("marks \(marks) of a repository are unknown") }
        isIdentityDue = marks & 1 != 0
        publicAddressesOnly = marks & 2 != 0
        try open.end()
        try sealed.end()
    }

    public func encode() -> [UInt8] {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        open.put(domain.rawValue)
        open.put(text: locator.provider)
        configuration.encode(open: &open, sealed: &sealed)
        sealed.put(string: locator.source)
        open.put(addedAt)
        open.put(updatedAt)
        open.put(lastPosition)
        sealed.put(optional: branch)
        open.put(string: validator)
        open.put(optional: rateLimit)
        open.put(optional: polledHead)
        open.put(optional: polledAt)
        open.put(optional: lastCompleted)
        open.put(optional: lastSyncedAt)
        open.put(optional: lastCommit)
        open.put(optional: lastTree)
        open.put(varint: files)
        open.put(varint: logicalBytes)
        open.put(optional: completeAsOf)
        open.put(retryCount)
        open.put(optional: nextRetryAt)
        RecordedFailure.encode(optional: lastFailure, open: &open, sealed: &sealed)
        open.put(optional: removedAt)
        open.put(optional: externalID)
        open.append(suspension == nil ? 0 : 1)
        suspension?.encode(open: &open, sealed: &sealed)
        open.put(optional: polledPosition)
        open.put(quietPolls)
        open.put(changedPolls)
        open.put(text: quota)
        // One byte, so that a row without the second mark is what it was before there was one, and so is its digest.
        open.append((isIdentityDue ? 1 : 0) | (publicAddressesOnly ? 2 : 0))
        return SplitRow.encode(tenant: tenant, open: open, sealed: sealed)
    }
}
