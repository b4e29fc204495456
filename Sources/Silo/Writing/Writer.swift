import Events
import Synchronization

/// The writing half of a store: collects blobs in frames, compresses these, appends them to shards, makes them durable.
///
/// Locks, from the outside in: `rewriting`, `flushing`, an `OpenShard`'s own, `monitor`. The monitor's is never held while waiting
/// for a disk, but for the making of a shard's file.
final class Writer: Sendable {
    let directory: ShardDirectory
    let locations: any LocationStore
    let options: Silo.Options
    let disk: Disk
    let benches: WorkbenchPool
    let reader: Reader
    let monitor: Monitor<WriterState>
    let flushing = Mutex(())
    /// Held by whoever rewrites or deletes shards. Outside all others.
    let rewriting = Mutex(())

    init(
        directory: ShardDirectory, locations: any LocationStore, options: Silo.Options, disk: Disk,
        benches: WorkbenchPool, reader: Reader, open: [OpenShard], lastShardID: ShardID
    ) {
        self.directory = directory
        self.locations = locations
        self.options = options
        self.disk = disk
        self.benches = benches
        self.reader = reader
        var state = WriterState(
            nextShardID: max(lastShardID.rawValue + 1, options.lowestShardID.rawValue),
            busyByteCount: options.busyQueueByteCount)
        for shard in open {
            let end = shard.byteCount
            var record = OpenShardRecord(shard: shard, publishedEnd: end, flushedEnd: end)
            // Where a crash left several, the last one goes on.
            if let earlier = state.current.updateValue(shard.id, forKey: shard.header.domain) {
                state.shards[earlier]?.isRetired = true
            }
            record.isRetired = false
            state.shards[shard.id] = record
        }
        monitor = Monitor(state)
    }

    /// Where a blob of the domain is, flushed or not; nil where it is not there.
    func find(_ key: LocationKey) throws(SiloError) -> Unflushed? {
        if let found = monitor.read({ $0.unflushed[key] }) { return found }
        return try locations.location(of: key).map { .written($0) }
    }

    /// The shard that the domain's next frame goes to, made where there is none. It stays open until it is released.
    func acquire(_ domain: Domain, forStream: Bool = false) throws(SiloError) -> OpenShard {
        try monitor.withLock { (state) throws(SiloError) in
            if let id = state.current[domain], let record = state.shards[id],
                record.publishedEnd >= UInt64(options.shardByteCount)
            {
                state.shards[id]?.isRetired = true
                state.current[domain] = nil
            }
            let shard: OpenShard
            if let id = state.current[domain], let record = state.shards[id] {
                shard = record.shard
            } else {
                shard = try create(domain, &state)
            }
            if forStream { state.shards[shard.id]?.streams += 1 } else { state.shards[shard.id]?.users += 1 }
            return shard
        }
    }

    func release(_ shard: OpenShard, forStream: Bool = false) {
        monitor.withLock { state in
            if forStream { state.shards[shard.id]?.streams -= 1 } else { state.shards[shard.id]?.users -= 1 }
        }
    }

    private func create(_ domain: Domain, _ state: inout WriterState) throws(SiloError) -> OpenShard {
        let header = try ShardHeader.new(
            domain, ShardID(rawValue: state.nextShardID), options.now(), directory.keys)
        let shard = try benches.with { (bench) throws(SiloError) in
            try OpenShard.create(
                header, at: directory.path(of: header.shard, isSealed: false), disk: disk, keys: directory.keys,
                &bench.digest)
        }
        state.nextShardID += 1
        state.hasNewName = true
        state.current[domain] = shard.id
        state.shards[shard.id] = OpenShardRecord(
            shard: shard, publishedEnd: UInt64(ShardHeader.byteCount), flushedEnd: 0)
        return shard
    }
}
