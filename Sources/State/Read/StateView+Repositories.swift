public import Events
public import Projections

extension StateView {
    public func tenant(_ id: TenantID) throws -> TenantRow? {
        var key: [UInt8] = []
        key.append(bigEndian: id.rawValue)
        return try row(.tenants, key) { (_, row) throws(DecodingFailure) in try TenantRow(decoding: row) }
    }

    public func tenant(named name: String) throws -> TenantRow? {
        guard let claim = try claim(Claims.tenant(name)) else { return nil }
        return try tenant(claim.tenant)
    }

    /// All tenants, by id.
    public func tenants() throws -> [TenantRow] {
        try all(.tenants) { (_, row) throws(DecodingFailure) in try TenantRow(decoding: row) }
    }

    /// The repository, also where it was removed.
    public func repository(_ id: RepositoryID) throws -> RepositoryRow? {
        try row(.repositories, Self.key(id.rawValue), RepositoryRow.init(key:decoding:))
    }

    /// The tenant's repository of that source; nil where it was removed.
    public func repository(_ locator: Locator, of tenant: TenantID) throws -> RepositoryRow? {
        guard let claim = try claim(Claims.repository(tenant, locator)) else { return nil }
        return try repository(RepositoryID(claim.position))
    }

    /// Repositories by id.
    ///
    /// - Parameter tenant: nil for those of all tenants.
    public func repositories(of tenant: TenantID? = nil, includingRemoved: Bool = false) throws -> [RepositoryRow] {
        var rows: [RepositoryRow] = []
        try forEach(.repositories, RepositoryRow.init(key:decoding:)) { row in
            if tenant == nil || row.tenant == tenant, includingRemoved || !row.isRemoved { rows.append(row) }
            return true
        }
        return rows
    }

    /// The repositories, of any tenant, that the provider has this number for.
    public func repositories(of provider: String, externalID: UInt64) throws -> [RepositoryRow] {
        try repositories(listedIn: .repositoriesByExternalID, RepositoryRow.externalKey(provider, externalID))
    }

    /// The repositories, of any tenant, of that source.
    public func repositories(at locator: Locator) throws -> [RepositoryRow] {
        try repositories(listedIn: .repositoriesByLocator, RepositoryRow.locatorKey(locator))
            .filter { $0.locator == locator }
    }

    private func repositories(listedIn index: Table, _ prefix: [UInt8]) throws -> [RepositoryRow] {
        let ids = try all(index, prefix: prefix) { (key, _) throws(DecodingFailure) -> RepositoryID? in
            // A longer locator may begin like this one.
            guard key.byteCount == prefix.count + 8 else { return nil }
            var reader = ByteReader(key.extracting(prefix.count..<key.byteCount))
            return RepositoryID(try reader.uint64())
        }
        return try ids.compactMap { id in try id.flatMap { try repository($0) } }
    }

    /// Which event holds the claim.
    public func holder(of claim: [UInt8]) throws -> LogPosition? { try self.claim(claim)?.position }

    private func claim(_ claim: [UInt8]) throws -> ClaimRow? {
        try row(.claims, claim) { (_, row) throws(DecodingFailure) in try ClaimRow(decoding: row) }
    }

    // MARK: Syncs

    /// The last `SyncCompleted` at or before `asOf`: what a reader sees at that position is what it brought.
    public func visiblePosition(
        _ repository: RepositoryID, ref: RefID = .watched, asOf: LogPosition? = nil
    ) throws -> LogPosition? {
        try last(.syncs, prefix: FileKey.scope(repository, ref), atMost: asOf, SyncRow.init(key:decoding:))?.position
    }

    /// Completed syncs.
    public func syncs(
        _ repository: RepositoryID, ref: RefID = .watched, newestFirst: Bool = true, limit: Int? = nil
    ) throws -> [SyncRow] {
        var rows = try all(.syncs, prefix: FileKey.scope(repository, ref), SyncRow.init(key:decoding:))
        if newestFirst { rows.reverse() }
        return limit.map { Array(rows.prefix($0)) } ?? rows
    }

    /// The sync that the `SyncCompleted` at `position` completed.
    public func sync(
        _ repository: RepositoryID, ref: RefID = .watched, position: LogPosition
    ) throws -> SyncRow? {
        try row(.syncs, FileKey.scope(repository, ref) + Self.key(position.rawValue), SyncRow.init(key:decoding:))
    }

    /// The last sync at or before `asOf` whose commit or tree `id` is.
    public func sync(
        _ repository: RepositoryID, ref: RefID = .watched, at id: SHA1Hash, asOf: LogPosition? = nil
    ) throws -> SyncRow? {
        let prefix = FileKey.scope(repository, ref) + id.bytes
        let found = try last(.commits, prefix: prefix, atMost: asOf) { (key, _) throws(DecodingFailure) in
            var reader = ByteReader(key.extracting(prefix.count..<key.byteCount))
            return LogPosition(try reader.uint64())
        }
        guard let position = found else { return nil }
        return try sync(repository, ref: ref, position: position)
    }
}
