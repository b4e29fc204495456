public import Events
import LMDB
public import Projections

extension StateView {
    public func blob(_ hash: SHA1Hash, in domain: Domain) throws -> BlobRow? {
        try row(.blobs, BlobRow.key(domain, hash), BlobRow.init(key:decoding:))
    }

    /// Whether the content is stored and not known to be damaged. Cheap: nothing is decoded.
    public func isStored(_ hash: SHA1Hash, in domain: Domain) throws -> Bool {
        guard let row = try transaction.get(tables[.blobs], BlobRow.key(domain, hash)) else { return false }
        return BlobRow.isReadable(row)
    }

    /// How a content stands. Cheap: nothing is decoded.
    public func standing(of hash: SHA1Hash, in domain: Domain) throws -> BlobStanding {
        guard let row = try transaction.get(tables[.blobs], BlobRow.key(domain, hash)) else { return .missing }
        return BlobRow.standing(row)
    }

    /// The contents of a domain in the order of their hashes, until `body` says false.
    public func forEachBlob(in domain: Domain, _ body: (BlobRow) throws -> Bool) throws {
        try forEach(.blobs, prefix: Self.prefix(domain), BlobRow.init(key:decoding:), body)
    }

    /// The file versions that name the content, until `body` says false.
    public func forEachReference(
        to hash: SHA1Hash, in domain: Domain, _ body: (BlobReference) throws -> Bool
    ) throws {
        try forEach(.blobReferences, prefix: BlobRow.key(domain, hash), BlobReference.init(key:decoding:), body)
    }

    /// What was refused in a domain: contents under the same SHA-1 as `hash`, or all.
    public func refusedBlobs(_ hash: SHA1Hash? = nil, in domain: Domain) throws -> [RefusedBlob] {
        let prefix = hash.map { BlobRow.key(domain, $0) } ?? Self.prefix(domain)
        return try all(.refusedBlobs, prefix: prefix, RefusedBlob.init(key:decoding:))
    }

    /// How far the bodies of webhooks have been given up; nil where none ever was.
    public func retention() throws -> RetentionRow? {
        try row(.retention, RetentionRow.key) { (_, row) throws(DecodingFailure) in try RetentionRow(decoding: row) }
    }

    // MARK: Shards

    public func shard(_ id: ShardID) throws -> ShardRow? {
        try row(.shards, Self.key(id.rawValue), ShardRow.init(key:decoding:))
    }

    /// Sealed shards by id; nil for those of all domains.
    ///
    /// - Parameter includingCompacted: also those that others have taken the place of.
    public func shards(in domain: Domain? = nil, includingCompacted: Bool = false) throws -> [ShardRow] {
        try all(.shards, ShardRow.init(key:decoding:)).filter { row in
            (domain == nil || row.domain == domain) && (includingCompacted || !row.isCompacted)
        }
    }

    /// The highest id of a sealed shard.
    public func lastShard() throws -> ShardID? {
        try last(.shards, prefix: [], atMost: nil, ShardRow.init(key:decoding:))?.id
    }

    // MARK: Statistics

    public func statistics(of tenant: TenantID) throws -> TenantStatistics {
        var key: [UInt8] = []
        key.append(bigEndian: tenant.rawValue)
        let counters = try row(.statistics, key) { (_, row) throws(DecodingFailure) in Counters(row) }
        return TenantStatistics(counters ?? .zero)
    }

    public func statistics(in domain: Domain) throws -> DomainStatistics {
        let counters = try row(.domainStatistics, Self.prefix(domain)) { (_, row) throws(DecodingFailure) in
            Counters(row)
        }
        return DomainStatistics(counters ?? .zero)
    }

    /// Those of all tenants and domains, by number.
    public func statistics() throws -> (
        tenants: [(TenantID, TenantStatistics)], domains: [(Domain, DomainStatistics)]
    ) {
        let tenants = try all(.statistics) { (key, row) throws(DecodingFailure) in
            var reader = ByteReader(key)
            return (TenantID(try reader.uint32()), TenantStatistics(Counters(row)))
        }
        let domains = try all(.domainStatistics) { (key, row) throws(DecodingFailure) in
            var reader = ByteReader(key)
            return (Domain(rawValue: try reader.uint32()), DomainStatistics(Counters(row)))
        }
        return (tenants, domains)
    }

    private static func prefix(_ domain: Domain) -> [UInt8] {
        var prefix: [UInt8] = []
        prefix.append(bigEndian: domain.rawValue)
        return prefix
    }
}
