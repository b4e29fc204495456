import EventLog
public import Events
public import Projections
import Silo
import State

/// What the store knows of one content.
public struct BlobReport: Sendable {
    public let row: BlobRow
    /// Bytes that it takes in its shard, where the store can tell.
    public let storedSize: Int?
    public let isReadable: Bool
    /// Where it occurs, in the tenant's repositories: at most ``Queries/maximumReferenceCount``.
    public let references: [BlobReference]
}

/// A content that is there.
public struct FoundContent: Sendable {
    public let hash: SHA1Hash
    public let domain: Domain
    /// Its size in bytes.
    public let byteCount: Int
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
        guard let (row, references) = found else { throw unknown(hash) }
        let info = try silo.contains(hash, in: row.domain)
        return BlobReport(
            row: row, storedSize: info?.storedByteCount, isReadable: info != nil && row.damage == nil,
            references: references)
    }

    /// Calls `body` with a content, piece by piece; its hashes are checked.
    ///
    /// - Throws: `QueryError` (unknownBlob), `SiloError` for damage, and whatever `body` throws.
    public func content(_ hash: SHA1Hash, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for domain in domains where try silo.contains(hash, in: domain) != nil {
            return try silo.read(hash, in: domain, into: body)
        }
        throw unknown(hash)
    }

    /// Where a content is that the tenant may read; nil where there is none.
    ///
    /// - Throws: `SiloError`.
    public func find(_ hash: SHA1Hash) throws -> FoundContent? {
        for domain in domains {
            if let info = try silo.contains(hash, in: domain) {
                return FoundContent(hash: hash, domain: domain, byteCount: info.byteCount)
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

    private func unknown(_ hash: SHA1Hash) -> QueryError {
        QueryError(
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
