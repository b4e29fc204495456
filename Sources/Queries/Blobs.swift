import EventLog
public import Events
public import Projections
public import Silo
import State

/// What the store knows of one content.
public struct BlobReport: Sendable {
    public let row: BlobRow
    /// Bytes that it takes in its shard, where the store can tell, and that is not what others share in.
    public let storedSize: Int?
    /// The shard, in the same way.
    public let shard: ShardID?
    public let isReadable: Bool
    /// Where it is a pointer of Git LFS: the content that it stands for, which the store has too.
    public let largeFile: LargeFileRow?
    /// Where it occurs, in the tenant's repositories: at most ``Queries/maximumReferenceCount``.
    public let references: [BlobReference]
    /// How often it occurs, as far as that may be seen.
    public let referenceCount: UInt64
    /// Since when it has been here, as far as that may be seen.
    public let createdAt: Timestamp?
}

/// A content that is there.
public struct FoundContent: Sendable {
    public let hash: SHA1Hash
    public let domain: Domain
    /// Its size in bytes.
    public let byteCount: Int
    /// Where it stands in the store: many are read fastest in the order of their places.
    public let place: BlobPlace?
}

extension Queries {
    /// Limit of the references that are listed for one content.
    public static let maximumReferenceCount = 1000

    /// What is known of a content that the tenant may read.
    ///
    /// - Throws: `QueryError` (unknownBlob).
    public func blob(_ hash: SHA1Hash) throws -> BlobReport {
        let found = try state.read { view -> (BlobRow, [BlobReference])? in
            for domain in domains {
                guard let row = try view.blob(hash, in: domain), row.stored != nil else { continue }
                var references: [BlobReference] = []
                try view.forEachReference(to: hash, in: domain) { reference in
                    if owns(reference.tenant) { references.append(reference) }
                    return references.count < Self.maximumReferenceCount
                }
                return (row, references)
            }
            return nil
        }
        guard let (row, references) = found else { throw try unknown(hash) }
        let info = try silo.contains(hash, in: row.domain)
        // What is public may have been brought by others: when, how often and beside what is theirs.
        let isShared = !seesStore && row.domain == .public
        let own = references.map(\.version.position).min()
        let ownSince = try own.flatMap { position in
            try log.read { snapshot in try snapshot.header(at: position)?.time }
        }
        return BlobReport(
            row: row, storedSize: isShared ? nil : info?.storedByteCount,
            shard: isShared ? nil : info?.shard ?? row.stored?.shard,
            isReadable: info != nil && row.damage == nil,
            largeFile: try state.read { view in try view.largeFile(hash, in: row.domain) }, references: references,
            referenceCount: isShared ? UInt64(references.count) : row.references,
            createdAt: isShared ? ownSince : row.stored?.firstSeenAt)
    }

    /// Calls `body` with a content, piece by piece; its hashes are checked.
    ///
    /// - Parameter range: of its bytes; nil: all.
    /// - Throws: `QueryError` (unknownBlob), `SiloError` for damage, and whatever `body` throws.
    public func content(
        _ hash: SHA1Hash, range: Range<Int>? = nil, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        for domain in domains where try silo.contains(hash, in: domain) != nil {
            return try silo.read(hash, in: domain, range: range, into: body)
        }
        throw try unknown(hash)
    }

    /// Where a content is that the tenant may read; nil where there is none.
    ///
    /// - Throws: `SiloError`.
    public func find(_ hash: SHA1Hash) throws -> FoundContent? {
        for domain in domains {
            if let info = try silo.contains(hash, in: domain) {
                return FoundContent(hash: hash, domain: domain, byteCount: info.byteCount, place: info.place)
            }
        }
        return nil
    }

    /// Calls `body` with a content that was found, piece by piece; its hashes are checked.
    ///
    /// - Throws: `SiloError` for damage, and whatever `body` throws.
    public func content(_ found: FoundContent, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try silo.read(found.hash, in: found.domain, into: body)
    }

    /// Whether the store has a content that the tenant may read.
    public func isThere(_ hash: SHA1Hash) throws -> Bool {
        try find(hash) != nil
    }

    func unknown(_ hash: SHA1Hash) throws -> QueryError {
        let deleted = try state.read { view in
            // What is public was perhaps nothing of theirs.
            try domains.filter { seesStore || $0 != .public }.compactMap { try view.blob(hash, in: $0)?.deleted }.first
        }
        if let deleted {
            return QueryError(
                .unknownBlob,
                "\(hash.hex) was deleted by event \(deleted.rawValue), as nothing named it any more: `ingestor explain \(hash.hex)` "
                    + "shows when and why")
        }
        return QueryError(
            .unknownBlob,
            "no content \(hash.hex) is known to this tenant. The id of a file's content is shown by `ingestor files`")
    }

    /// The path at which a reference stands.
    public func path(of reference: BlobReference) throws -> [UInt8]? {
        try log.read { snapshot in
            guard case .itemsChanged(let changes) = try snapshot.envelope(at: reference.version.position)?.event,
                Int(reference.version.index) < changes.items.count
            else { return nil }
            return changes.items[Int(reference.version.index)].path
        }
    }
}

extension Queries {
    /// The size and the type of a content that the tenant may read.
    ///
    /// - Throws: `QueryError` (unknownBlob).
    public func contentInfo(_ hash: SHA1Hash) throws -> (size: Int, mimeType: String) {
        let found = try state.read { view -> (Domain, StoredContent)? in
            for domain in domains {
                if let stored = try view.blob(hash, in: domain)?.stored { return (domain, stored) }
            }
            return nil
        }
        guard let (domain, stored) = found, let info = try silo.contains(hash, in: domain) else {
            throw try unknown(hash)
        }
        return (info.byteCount, stored.mimeType)
    }
}
