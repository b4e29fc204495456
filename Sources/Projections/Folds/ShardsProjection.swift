public import Events

/// Sealed shards.
public enum ShardsProjection: Projection {
    public static let name = "shards"
    public static let version: UInt32 = 1
    public static let tables: [Table] = [.shards]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        guard case .shardSealed(let event) = envelope.event else { return }
        let row = ShardRow(
            id: event.shard, domain: envelope.header.domain, tenant: envelope.header.tenant,
            contentHash: event.contentHash, byteCount: event.byteCount, blobCount: event.blobCount,
            logicalBytes: event.logicalBytes, sealedAt: envelope.position)
        deltas.add(.shards) {
            $0.put(event.shard.rawValue)
        } delta: {
            row.write(into: &$0)
        }
    }

    public static func reduce(
        _ table: Table, key: RawSpan, row: inout RowBuffer, delta: RawSpan
    ) throws(DecodingFailure) {
        // A sealed shard never changes: saying it again changes nothing.
        if !row.isPresent { row.load(delta) }
    }
}
