public import Events

/// A completed sync. Its key is repository (8) ‖ ref (4) ‖ position (8).
public struct SyncRow: Sendable, Equatable {
    public var repository: RepositoryID
    public var ref: RefID
    /// Of the `SyncCompleted`: what its items are is visible from here on.
    public var position: LogPosition
    public var tenant: TenantID
    public var at: Timestamp
    public var commit: SHA1Hash
    public var tree: SHA1Hash
    public var upToDate: Bool
    /// Visible files, and the sum of their sizes in bytes.
    public var files: UInt64
    public var logicalBytes: UInt64

    public init(
        repository: RepositoryID, ref: RefID, position: LogPosition, tenant: TenantID, at: Timestamp,
        commit: SHA1Hash, tree: SHA1Hash, upToDate: Bool, files: UInt64, logicalBytes: UInt64
    ) {
        self.repository = repository
        self.ref = ref
        self.position = position
        self.tenant = tenant
        self.at = at
        self.commit = commit
        self.tree = tree
        self.upToDate = upToDate
        self.files = files
        self.logicalBytes = logicalBytes
    }

    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(key)
        repository = try reader.repository()
        ref = try reader.ref()
        position = try reader.position()
        var rowReader = ByteReader(row)
        tenant = try rowReader.tenant()
        at = try rowReader.timestamp()
        commit = try rowReader.sha1()
        tree = try rowReader.sha1()
        upToDate = try rowReader.flag()
        files = try rowReader.varint()
        logicalBytes = try rowReader.varint()
        try rowReader.end()
    }

    func write(into row: inout [UInt8]) {
        row.put(tenant.rawValue)
        row.put(at)
        row.put(commit)
        row.put(tree)
        row.append(upToDate ? 1 : 0)
        row.put(varint: files)
        row.put(varint: logicalBytes)
    }
}
