import Events

/// One run of copying what is alive in some shards into new ones.
struct Rewriting {
    private let silo: Silo
    private let writer: Writer
    private let shards: Set<ShardID>
    private let domain: Domain
    private let level: Int
    private let target: RewriteTarget
    private var result = Rewrite()

    init(_ silo: Silo, _ writer: Writer, _ shards: Set<ShardID>, _ domain: Domain, _ effort: Effort) {
        self.silo = silo
        self.writer = writer
        self.shards = shards
        self.domain = domain
        level =
            switch effort {
            case .light: writer.options.compressionLevel
            case .standard: writer.options.mediumCompressionLevel
            case .hard: writer.options.hardCompressionLevel
            }
        target = RewriteTarget(writer, domain, copiedFrom: shards)
    }

    mutating func run(order: [RewriteItem]?) throws(SiloError) -> Rewrite {
        var locations: [SHA1Hash: Location] = [:]
        for (key, location) in try silo.locations.locations(in: shards) { locations[key.sha1] = location }
        let plan = RewritePlan(
            order: order ?? [], locations: locations, shardByteCount: writer.options.shardByteCount)
        do {
            for generations in plan.shards {
                for generation in generations { try copy(generation, of: plan) }
                try target.end()
            }
        } catch {
            target.abandon()
            throw error
        }
        result.written = target.written
        result.moved = target.moved
        try addUp()
        return result
    }

    private mutating func copy(_ generation: [Int], of plan: RewritePlan) throws(SiloError) {
        var frames = RewriteFrames(target, writer.options, level: level)
        for index in generation {
            let item = plan.items[index]
            let entry = BlobEntry(
                sha1: item.hash, sha256: item.location.sha256, byteCount: item.location.byteCount)
            let isLarge = entry.byteCount > writer.options.partByteCount
            if isLarge { try frames.flush() }
            guard let content = try content(of: entry, at: item.location, isLarge: isLarge) else { continue }
            let predecessor = item.predecessor.map { plan.items[$0].hash }
            if let predecessor, let base = target.base(for: content.count, after: predecessor) {
                try frames.add(content, entry, after: base)
            } else {
                try frames.add(content, entry)
            }
        }
        try frames.flush()
    }

    /// A small blob's content, held against its hash; nil where it is damaged, which is noted, or large and was copied.
    private mutating func content(
        of entry: BlobEntry, at location: Location, isLarge: Bool
    ) throws(SiloError) -> [UInt8]? {
        do {
            guard isLarge else { return try silo.read(entry.sha1, in: domain) }
            try target.copyParts(
                of: entry, from: silo.reader, LocationKey(domain: domain, sha1: entry.sha1), location)
        } catch {
            guard target.isWritable else { throw error }
            switch error.code {
            case .damaged: result.damaged.append(entry.sha1)
            // Forgotten since the rewriting began.
            case .notFound: break
            default: throw error
            }
        }
        return nil
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
