/// A table of the state. Rows have keys, and each row is the fold of the deltas that events route to its key.
///
/// Their order is the one in which tables are built: what is derived from another table comes after it.
public enum Table: UInt8, Sendable, CaseIterable {
    case tenants
    case claims
    case repositories
    case repositoriesByExternalID
    case repositoriesByLocator
    case files
    case blobs
    case blobReferences
    case refusedBlobs
    case syncs
    case commits
    case jobs
    case jobsByRepository
    case dueJobs
    case deadLetters
    case shards
    case announcedRefs
    case installationRepositories
    case gaps
    case credentials
    case rateLimits
    case largeFiles
    case retention
    case tokens
    case byRepository
    case byKind
    case byTenant
    case byCorrelation
    case statistics
    case domainStatistics

    /// How a row follows from the one before it and a delta.
    public enum Rule: Sendable {
        /// The delta is the row. Its key holds the event's position, so it is new, and the row never changes.
        case insert
        /// The same, and ``Projection/reduce(_:key:row:delta:)`` applies what comes later: deltas that are no row, which
        /// ``Table/begins(_:)`` tells apart.
        case amend
        /// 1 and the row that is there from now on, or 0 where there is none.
        case set
        /// ``Projection/reduce(_:key:row:delta:)`` says.
        case reduce
        /// ``Counters`` are added up. Keyed by four bytes; a row of zeros is none.
        case sum
    }

    public var rule: Rule {
        switch self {
        case .refusedBlobs, .syncs, .commits, .byRepository, .byKind, .byTenant, .byCorrelation: .insert
        case .files, .blobReferences: .amend
        case .claims, .repositoriesByExternalID, .repositoriesByLocator, .jobsByRepository, .dueJobs, .deadLetters,
            .installationRepositories, .gaps:
            .set
        case .tenants, .repositories, .blobs, .jobs, .shards, .announcedRefs, .credentials, .rateLimits, .largeFiles,
            .retention, .tokens:
            .reduce
        case .statistics, .domainStatistics: .sum
        }
    }

    /// Whether a delta of an ``Rule/amend`` table is a row that nobody had before, rather than a change of one.
    public func begins(_ deltaByteCount: Int) -> Bool {
        switch self {
        case .files: deltaByteCount >= FileRow.fixedByteCount
        case .blobReferences: deltaByteCount == BlobReference.rowByteCount
        default: true
        }
    }

    /// Whether other tables are derived from its rows.
    public var hasDerived: Bool { self == .repositories || self == .blobs || self == .jobs }

    /// The name in the database and in digests.
    public var name: String { String(describing: self) }

    /// Its place among all tables.
    public var index: Int { Int(rawValue) }
}
