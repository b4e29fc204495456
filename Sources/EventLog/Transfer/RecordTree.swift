import Events

/// The Merkle tree over records that pass by and are not kept.
public struct RecordTree: ~Copyable {
    private var frontier = MerkleFrontier()
    private var hasher = SHA256Hasher()

    public init() {}

    /// Adds the next record.
    ///
    /// - Throws: `LogError` (damaged) where it is no record, or not as it was hashed.
    public mutating func append(_ record: [UInt8]) throws {
        let position = LogPosition(frontier.count)
        let header: RecordHeader
        do {
            header = try RecordHeader(record: record.span.bytes, at: position)
        } catch {
            throw LogError(.damaged, "this is no record", at: position, cause: error)
        }
        guard record.withUnsafeBytes({ hasher.leaf($0) }) == header.leafHash else {
            throw LogError(.damaged, "the record's bytes do not give its hash: it was altered", at: position)
        }
        frontier.push(header.leafHash, hasher: &hasher) { _, _ in }
    }

    /// The number of records and the root over them.
    public mutating func head() -> TreeHead {
        TreeHead(size: frontier.count, root: frontier.root(hasher: &hasher))
    }
}
