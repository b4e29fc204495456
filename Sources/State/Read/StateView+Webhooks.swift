public import Events
public import Projections

extension StateView {
    /// What webhooks announced of a ref; nil where none did.
    public func announcedRef(_ provider: String, _ externalID: UInt64, _ ref: [UInt8]) throws -> RefRow? {
        let key = RefRow.key(provider, externalID, ref, hash: hashKey)
        return try row(.announcedRefs, key) { (_, row) throws(DecodingFailure) in try RefRow(decoding: row) }
    }

    /// What webhooks announced of all refs of a repository.
    public func announcedRefs(_ provider: String, _ externalID: UInt64) throws -> [RefRow] {
        try all(.announcedRefs, prefix: RefRow.scope(provider, externalID)) { (_, row) throws(DecodingFailure) in
            try RefRow(decoding: row)
        }
    }

    /// The provider's numbers of the repositories that are known to be read through an installation.
    public func repositories(ofInstallation installation: UInt64, provider: String) throws -> [UInt64] {
        let prefix = WebhooksProjection.installationKey(provider, installation)
        return try all(.installationRepositories, prefix: prefix) { (key, _) throws(DecodingFailure) in
            var reader = ByteReader(key.extracting(prefix.count..<key.byteCount))
            return try reader.uint64()
        }
    }

    /// The event by which a report of a provider was taken.
    public func delivery(_ delivery: String, of provider: String) throws -> LogPosition? {
        try holder(of: Claims.delivery(provider, delivery))
    }

    /// What a repository misses; for nil: what no repository is known of.
    public func gaps(of repository: RepositoryID?) throws -> [GapRow] {
        try all(.gaps, prefix: GapRow.scope(repository), GapRow.init(key:decoding:))
    }

    /// What is missing at all.
    public func gaps() throws -> [GapRow] { try all(.gaps, GapRow.init(key:decoding:)) }

    // MARK: Credentials

    public func credential(_ id: LogPosition) throws -> CredentialRow? {
        try row(.credentials, Self.key(id.rawValue), CredentialRow.init(key:decoding:))
    }

    /// Credentials by id.
    ///
    /// - Parameters:
    ///   - tenant: nil for those of all tenants.
    ///   - provider: nil for those of all providers.
    public func credentials(
        of tenant: TenantID? = nil, provider: String? = nil, includingRevoked: Bool = false
    ) throws -> [CredentialRow] {
        try all(.credentials, CredentialRow.init(key:decoding:)).filter { row in
            (tenant == nil || row.tenant == tenant) && (provider == nil || row.provider == provider)
                && (includingRevoked || !row.isRevoked)
        }
    }

    /// What sources said of the limits of a tenant's credentials, or of all.
    public func rateLimits(of tenant: TenantID? = nil) throws -> [RateLimitRow] {
        var prefix: [UInt8] = []
        if let tenant { prefix.append(bigEndian: tenant.rawValue) }
        return try all(.rateLimits, prefix: prefix, RateLimitRow.init(key:decoding:))
    }

    // MARK: Large files

    /// The content that a pointer stands for; nil where it was never stored in that domain.
    public func largeFile(_ pointer: SHA1Hash, in domain: Domain) throws -> LargeFileRow? {
        try row(.largeFiles, BlobRow.key(domain, pointer), LargeFileRow.init(key:decoding:))
    }
}
