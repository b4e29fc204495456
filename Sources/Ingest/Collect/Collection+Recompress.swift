import EventLog
import Events
import Projections
import Silo
import State

extension Collection {
    /// Packs sealed shards harder that nobody has packed so yet, a group of them at a time, with what is known of the paths and
    /// predecessors of their blobs. A small one that was packed before is packed again with them, so that later versions are kept
    /// as differences from those in it. Each group is done for good, so a run that is cut goes on where it was.
    mutating func recompress() async throws {
        if options.sealsOpenShards {
            let open = Set(try engine.silo.shards().filter { !$0.isSealed }.map(\.domain))
            for domain in open.sorted() where domain != .webhooks {
                try await seal(domain)
            }
        }
        let packed = try engine.state.read { view in
            Set(try view.shards().filter { $0.effort == .hard }.map(\.id))
        }
        let all = try engine.silo.occupancy().filter { $0.domain != .webhooks && $0.liveBlobs > 0 }
        let changed = Set(all.filter { !packed.contains($0.shard) }.map(\.domain))
        let shards = all.filter { shard in
            !packed.contains(shard.shard)
                || changed.contains(shard.domain) && shard.liveRaw < options.repackByteCount
        }
        for group in groups(shards, byteCount: options.recompressByteCount) {
            guard mayGoOn() else { return }
            let order = try order(of: group)
            try await rewrite(group.shards, in: group.domain, effort: .hard, order: order)
            tell(.recompressing, report.shardsWritten)
        }
    }

    /// The blobs of some shards in the order of their paths, each after the version that it takes the place of, or one that
    /// has the same name elsewhere.
    ///
    /// One pass over all versions a group. Memory grows with the blobs of the group alone.
    private func order(of group: ShardGroup) throws -> [RewriteItem] {
        let wanted = Set(group.shards)
        let silo = engine.silo
        var order: [RewriteItem] = []
        var taken: Set<SHA1Hash> = []
        var path: [UInt8] = []
        var previous: SHA1Hash?
        var namesakes = Namesakes()
        try engine.log.read { log in
            var domains = VersionDomains()
            try engine.state.read { view in
                try view.forEachVersion { _, _, version in
                    if version.path != path {
                        path = version.path
                        previous = nil
                    }
                    guard case .upserted(let mode, let hash, let size) = version.content, mode != GitMode.submodule,
                        version.released == nil, hash != previous,
                        try domains.domain(of: version.version.position, log) == group.domain
                    else { return true }
                    let before = previous
                    previous = hash
                    guard !taken.contains(hash), let shard = try silo.contains(hash, in: group.domain)?.shard,
                        wanted.contains(shard)
                    else { return true }
                    taken.insert(hash)
                    let like = before ?? namesakes.closest(to: version.path, size: size)
                    namesakes.insert(version.path, hash, size: size)
                    order.append(RewriteItem(hash: hash, path: version.path, predecessor: like))
                    return true
                }
            }
        }
        return order
    }
}
