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
        branch = try sealed.flag() ? try sealed.string() : nil
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
        return SplitRow.encode(tenant: tenant, open: open, sealed: sealed)
    }
}

extension RepositoryConfiguration {
    func encode(open: inout [UInt8], sealed: inout [UInt8]) {
        open.append(isPrivate ? 1 : 0)
        open.put(optional: keepHistoryDays)
        sealed.put(optional: branch)
        for patterns in [include, exclude] {
            sealed.put(varint: UInt64(patterns.count))
            for pattern in patterns { sealed.put(string: pattern) }
        }
    }

    init(open: inout ByteReader, sealed: inout ByteReader) throws(DecodingFailure) {
        let isPrivate = try open.flag()
        let days = try open.flag() ? try open.uint32() : nil
        let branch = try sealed.flag() ? try sealed.string() : nil
        self.init(
            branch: branch, isPrivate: isPrivate, include: try Self.patterns(&sealed),
            exclude: try Self.patterns(&sealed), keepHistoryDays: days)
    }

    private static func patterns(_ reader: inout ByteReader) throws(DecodingFailure) -> [[UInt8]] {
        var patterns: [[UInt8]] = []
        for _ in 0..<(try reader.count(atMost: reader.remaining)) { patterns.append(try reader.string()) }
        return patterns
    }
}
