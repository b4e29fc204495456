import EventLog
public import Events
public import Projections
import Silo
import State

/// What the store knows of one content.
public struct BlobReport: Sendable {
    public let row: BlobRow
    /// The shard that holds it, where the store can tell: compaction may have moved it.
    public let shard: ShardID?
    /// Bytes that it takes in its shard, where the store can tell.
    public let storedSize: Int?
    public let isReadable: Bool
    /// Where it occurs, in the tenant's repositories: at most ``Queries/maximumReferenceCount``.
    public let references: [BlobReference]
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
                    if reference.tenant == tenant?.id { references.append(reference) }
                    return references.count < Self.maximumReferenceCount
                }
                return (row, references)
            }
            return nil
        }
        guard let (row, references) = found else { throw try unknown(hash) }
        let info = try silo.contains(hash, in: row.domain)
        return BlobReport(
            row: row, shard: info?.shard ?? row.stored?.shard, storedSize: info?.storedByteCount, isReadable: info != nil && row.damage == nil,
            references: references)
    }

    /// Calls `body` with a content, piece by piece; its hashes are checked.
    ///
    /// - Throws: `QueryError` (unknownBlob), `SiloError` for damage, and whatever `body` throws.
    public func content(_ hash: SHA1Hash, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for domain in domains where try silo.contains(hash, in: domain) != nil {
            return try silo.read(hash, in: domain, into: body)
        }
        throw try unknown(hash)
    }

    /// Whether the store has a content that the tenant may read.
    public func isThere(_ hash: SHA1Hash) throws -> Bool {
        try domains.contains { try silo.contains(hash, in: $0) != nil }
    }

    private func unknown(_ hash: SHA1Hash) throws -> QueryError {
        let deleted = try state.read { view in
            try domains.compactMap { try view.blob(hash, in: $0)?.deleted }.first
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
