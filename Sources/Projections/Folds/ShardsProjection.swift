public import Events

/// Sealed shards, those too that others have taken the place of.
public enum ShardsProjection: Projection {
    public static let name = "shards"
    public static let version: UInt32 = 2
    public static let tables: [Table] = [.shards]

    public static func route(_ envelope: Envelope, hash: SHA256Function, into deltas: inout Deltas) {
        if case .shardCompacted(let event) = envelope.event {
            for (shards, isReplaced) in [(event.replaced, true), (event.written, false)] {
                for shard in shards {
                    deltas.add(.shards) {
                        $0.put(shard.rawValue)
                    } delta: {
                        $0.append(isReplaced ? 1 : 0)
                        $0.put(isReplaced ? envelope.position.rawValue : UInt64(event.effort.rawValue))
                    }
                }
            }
        }
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
        guard delta.byteCount > changeByteCount else { return try change(&row, key, delta) }
        guard row.isPresent else { return row.load(delta) }
        // A sealed shard never changes: saying it again changes nothing. One that is no more may have left its number.
        let old = try ShardRow(key: key, decoding: row.bytes.span.bytes)
        if old.isCompacted, try ShardRow(key: key, decoding: delta).contentHash != old.contentHash { row.load(delta) }
    }

    /// Length of what compaction says of a shard: whether it is no more, and the position or the effort.
    private static let changeByteCount = 9

    private static func change(
        _ row: inout RowBuffer, _ key: RawSpan, _ delta: RawSpan
    ) throws(DecodingFailure) {
        guard row.isPresent else { return }
        var shard = try ShardRow(key: key, decoding: row.bytes.span.bytes)
        var reader = ByteReader(delta)
        if try reader.flag() {
            if !shard.isCompacted { shard.compacted = try reader.position() }
        } else {
            guard let effort = CompactionEffort(rawValue: UInt32(truncatingIfNeeded: try reader.uint64())) else {
                throw DecodingFailure("an effort is unknown")
            }
            shard.effort = effort
        }
        var bytes: [UInt8] = []
        shard.write(into: &bytes)
        row.set(bytes)
    }
}
