import EventLog
import Events
import Projections
import Silo
import State

extension Collection {
    /// Writes the shards anew of which too little is wanted, and deletes those of which nothing is.
    mutating func compact() async throws {
        for domain in domainsWithHoles.sorted() { try await seal(domain) }
        let sparse = try engine.silo.occupancy().filter { try isSparse($0) }
        for group in groups(sparse, byteCount: options.rewriteByteCount) {
            guard mayGoOn() else { return }
            try await rewrite(group.shards, in: group.domain, effort: .standard, order: nil)
            tell(.compacting, report.shardsReplaced)
        }
    }

    /// Whether rewriting a shard wins enough. Of a shard that has lost nothing it would win nothing, however small it is.
    private func isSparse(_ shard: ShardOccupancy) throws -> Bool {
        if shard.liveBlobs == 0 { return true }
        let whole = try engine.silo.sealedShard(shard.shard)
        guard shard.liveBlobs < whole.blobCount else { return false }
        return Double(shard.liveRaw) < options.compactionShare * Double(whole.rawByteCount)
    }

    /// Ends the open shard of a domain that has lost contents, so that it can be written anew.
    mutating func seal(_ domain: Domain) async throws {
        do {
            _ = try engine.silo.seal(domain)
        } catch  where error.code == .busy {
            return  // Somebody writes a large content to it; the next collection comes again.
        }
        try await engine.append(sealed: engine.silo.drainSealed(), to: nil)
    }

    struct ShardGroup {
        var domain: Domain
        var shards: [ShardID] = []
        var liveRaw = 0
    }

    /// Shards that are rewritten together.
    func groups(_ shards: [ShardOccupancy], byteCount: Int) -> [ShardGroup] {
        var groups: [ShardGroup] = []
        for shard in shards.sorted(by: { ($0.domain, $0.shard) < ($1.domain, $1.shard) }) {
            if let last = groups.last, last.domain == shard.domain, last.liveRaw + shard.liveRaw <= byteCount {
                groups[groups.count - 1].shards.append(shard.shard)
                groups[groups.count - 1].liveRaw += shard.liveRaw
            } else {
                groups.append(ShardGroup(domain: shard.domain, shards: [shard.shard], liveRaw: shard.liveRaw))
            }
        }
        return groups
    }

    /// Rewrites shards and takes the new ones in their place: first the bytes are durable, then the log says so, and only then
    /// the old ones go.
    mutating func rewrite(
        _ shards: [ShardID], in domain: Domain, effort: Effort, order: [RewriteItem]?
    ) async throws {
        // A shard is known before it is replaced.
        try await engine.recordSealed()
        let result = try engine.silo.rewrite(shards, in: domain, effort: effort, order: order)
        guard !result.replaced.isEmpty || !result.written.isEmpty else { return }
        let event = ShardCompacted(
            replaced: result.replaced, written: result.written.map(\.id), effort: CompactionEffort(effort),
            moved: UInt64(result.moved), dropped: UInt64(result.dropped), bytesFreed: UInt64(max(0, result.bytesFreed)))
        let sealed = result.written.map { Event.shardSealed(ShardSealed($0)) }
        let drafts = (sealed + [.shardCompacted(event)]).map { EventDraft($0, tenant: domain.owner, domain: domain) }
        _ = try await engine.writer.append(drafts, at: engine.clock())
        try engine.silo.delete(result.replaced)
        report.shardsReplaced += UInt64(result.replaced.count)
        report.shardsWritten += UInt64(result.written.count)
        report.bytesFreed += Int64(result.bytesFreed)
    }
}

extension ShardSealed {
    init(_ shard: SealedShard) {
        self.init(
            shard: shard.id, contentHash: shard.sha256, byteCount: UInt64(shard.byteCount),
            blobCount: UInt64(shard.blobCount), logicalBytes: UInt64(shard.rawByteCount))
    }
}

extension CompactionEffort {
    init(_ effort: Effort) {
        self =
            switch effort {
            case .light: .light
            case .standard: .standard
            case .hard: .hard
            }
    }
}
