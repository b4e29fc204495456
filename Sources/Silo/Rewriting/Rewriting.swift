import Events

/// One run of copying what is alive in some shards into new ones.
struct Rewriting {
    private let silo: Silo
    private let writer: Writer
    private let shards: Set<ShardID>
    private let domain: Domain
    private let effort: Effort
    private var target: RewriteTarget
    private var result = Rewrite()
    private var damagedShards: Set<ShardID> = []

    init(_ silo: Silo, _ writer: Writer, _ shards: Set<ShardID>, _ domain: Domain, _ effort: Effort) {
        self.silo = silo
        self.writer = writer
        self.shards = shards
        self.domain = domain
        self.effort = effort
        target = RewriteTarget(writer, domain, copiedFrom: shards)
    }

    mutating func run(order: [RewriteItem]?) throws(SiloError) -> Rewrite {
        do {
            var rest: [SHA1Hash: Location] = [:]
            let all = try silo.locations.locations(in: shards)
            for (key, location) in all { rest[key.sha1] = location }
            for item in order ?? [] {
                guard let location = rest.removeValue(forKey: item.hash) else { continue }
                try copy(item.hash, location)
            }
            let unordered = rest.sorted {
                ($0.value.shard, $0.value.offset, $0.value.index) < ($1.value.shard, $1.value.offset, $1.value.index)
            }
            for (hash, location) in unordered { try copy(hash, location) }
            try target.finish()
        } catch {
            target.abandon()
            throw error
        }
        result.written = target.written
        result.moved = target.moved
        try addUp()
        return result
    }

    private mutating func copy(_ hash: SHA1Hash, _ location: Location) throws(SiloError) {
        let key = LocationKey(domain: domain, sha1: hash)
        let entry = BlobEntry(sha1: hash, sha256: location.sha256, byteCount: location.byteCount)
        do {
            if location.byteCount > writer.options.partByteCount {
                try target.copyParts(of: entry, from: silo.reader, key, location)
            } else {
                try target.add(try silo.read(hash, in: domain), entry)
            }
        } catch {
            guard error.code == .damaged, target.isWritable else { throw error }
            result.damaged.append(hash)
            damagedShards.insert(location.shard)
        }
    }

    private mutating func addUp() throws(SiloError) {
        let records = try silo.locations.shards()
        let replaced = shards.compactMap { records[$0] }.filter { $0.blobCount == 0 }.sorted { $0.id < $1.id }
        result.replaced = replaced.map(\.id)
        result.bytesFreed =
            replaced.reduce(0) { $0 + Int($1.byteCount) } - result.written.reduce(0) { $0 + $1.byteCount }
        var copies = 0
        for id in shards { copies += try silo.sealedShard(id).blobCount }
        result.dropped = max(0, copies - result.moved - result.damaged.count)
    }
}
