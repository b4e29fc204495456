public import Events
import Synchronization

extension Silo {
    /// Copies what the location index knows of some sealed shards into new ones. Reads and puts go on; the index names
    /// the new copies once they are durable. The old files stay until ``delete(_:)``.
    ///
    /// A crash leaves either nothing of a new shard, or all of it, sealed.
    ///
    /// - Parameters:
    ///   - shards: sealed ones of `domain`.
    ///   - order: what is known of the blobs, those first that are to stand first. Nil: in the order in which they stand.
    /// - Throws: `SiloError`; `.busy` where one of the shards is open, `.notFound` where it is none of the domain's.
    public func rewrite(
        _ shards: [ShardID], in domain: Domain, effort: Effort = .hard, order: [RewriteItem]? = nil
    ) throws(SiloError) -> Rewrite {
        let writer = try writer
        return try writer.rewriting.withLock { (_) throws(SiloError) in
            let records = try locations.shards()
            for id in shards {
                guard let record = records[id], record.domain == domain, !record.isDropped else {
                    throw SiloError(.notFound, "domain \(domain.rawValue) has no shard \(id.rawValue)", shard: id)
                }
                guard record.isSealed else {
                    throw SiloError(.busy, "shard \(id.rawValue) is open: seal it first", shard: id)
                }
            }
            var rewriting = Rewriting(self, writer, Set(shards), domain, effort)
            return try rewriting.run(order: order)
        }
    }

    /// Deletes the files of sealed shards, and forgets them.
    ///
    /// - Throws: `SiloError`; `.busy` where the index names a blob in one of them, or where it is open: then none is deleted.
    public func delete(_ shards: [ShardID]) throws(SiloError) {
        let writer = try writer
        try writer.rewriting.withLock { (_) throws(SiloError) in
            let records = try locations.shards()
            var dropped: [ShardRecord] = []
            for id in shards {
                // What is gone already is no error: a crash may have come between.
                guard var record = records[id] else { continue }
                guard record.isSealed, record.blobCount == 0 else {
                    throw SiloError(
                        .busy, "shard \(id.rawValue) still has \(record.blobCount) blobs; rewrite it first", shard: id)
                }
                record.isDropped = true
                dropped.append(record)
            }
            guard !dropped.isEmpty else { return }
            // First the index knows that they go, so that it is not made anew because they are missing.
            try locations.commit(LocationChange(shards: dropped))
            let ids = dropped.map(\.id)
            try directory.remove(ids, writer.disk)
            for id in ids { reader.close(id) }
            try locations.commit(LocationChange(removedShards: ids))
        }
    }

    /// What of each sealed shard is alive, in the order of their ids: what rewriting it would win.
    public func occupancy() throws(SiloError) -> [ShardOccupancy] {
        try locations.shards().values.filter { $0.isSealed && !$0.isDropped }.sorted { $0.id < $1.id }.map { record in
            ShardOccupancy(
                shard: record.id, domain: record.domain, liveBlobs: record.blobCount, liveRaw: record.rawByteCount,
                liveStored: record.storedByteCount, byteCount: Int(record.byteCount))
        }
    }
}
