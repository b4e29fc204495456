import Events

/// A blob that no flush has waited for yet.
enum Unflushed {
    /// Its frame is being filled, waits, or is being written.
    case pending(PendingFrame, index: Int)
    case written(Location)
}

/// An open shard, as the writer keeps it.
struct OpenShardRecord {
    let shard: OpenShard
    /// Where the frames end that are written and in `unflushed`.
    var publishedEnd: UInt64
    /// Where the frames end that are durable and in the location index.
    var flushedEnd: UInt64
    /// Threads that are about to append a frame.
    var users = 0
    /// Streams whose parts stand in it.
    var streams = 0
    /// It takes no new frames and is to be sealed.
    var isRetired = false
}

/// What the writer's lock guards.
struct WriterState {
    /// The frames that small blobs go to.
    var filling: [FrameGroup: PendingFrame] = [:]
    var fillingByteCount = 0
    private var useCount = 0
    /// What is known of the frames of open shards, by their offsets.
    var links: [ShardID: [UInt64: FrameLink]] = [:]
    /// Full frames that wait for being compressed, first in first out.
    var queue: [PendingFrame] = []
    var queuedByteCount = 0
    /// Numbers of the frames that are being compressed and written.
    var inFlight: Set<Int> = []
    var nextNumber = 0

    var unflushed: [LocationKey: Unflushed] = [:]
    /// The locations among `unflushed`, in the order in which they were written.
    var written: [(key: LocationKey, location: Location)] = []
    /// Goes up when blobs move from `unflushed` to the location index.
    var generation = 0

    var shards: [ShardID: OpenShardRecord] = [:]
    var current: [Domain: ShardID] = [:]
    var nextShardID: UInt64
    /// A name in the directory is not durable yet.
    var hasNewName = false
    var sealed: [SealedShard] = []

    /// Why compressors pause: a frame could not be written. Whoever puts or flushes next tries again and is told.
    var writeFailure: SiloError?
    /// Why nothing is written any more.
    var stopFailure: SiloError?
    var compressorCount = 0
    /// Frames of rewritings that wait for being compressed.
    var batches: [RewriteBatch] = []
    /// Raw bytes that wait from which on compressing does not keep up.
    let busyByteCount: Int
    var isClosed = false

    init(nextShardID: UInt64, busyByteCount: Int) {
        self.nextShardID = nextShardID
        self.busyByteCount = busyByteCount
    }

    /// Nothing may be written after a failed fsync, or after `close`.
    func checkWritable() throws(SiloError) {
        if let stopFailure { throw stopFailure }
        if isClosed { throw SiloError(.readOnly, "the store is closed") }
    }

    /// The frame that a blob of `count` bytes goes to, which has room for it.
    mutating func frame(
        for count: Int, _ group: FrameGroup, base: (shard: ShardID, frame: FrameBase)?, _ options: Silo.Options
    ) -> PendingFrame {
        if let frame = filling[group] {
            if frame.hasRoom(for: count) { return use(frame, count) }
            detach(group)
        }
        while filling.count >= Self.maximumFillingCount || fillingByteCount + count > options.fillingByteCount,
            let oldest = filling.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            detach(oldest.key)
        }
        let frame = PendingFrame(domain: group.domain, capacity: options.frameByteCount, base: base)
        filling[group] = frame
        return use(frame, count)
    }

    /// Most frames that are being filled at once.
    private static let maximumFillingCount = 64

    private mutating func use(_ frame: PendingFrame, _ count: Int) -> PendingFrame {
        useCount += 1
        frame.lastUse = useCount
        fillingByteCount += count
        return frame
    }

    /// Puts a frame that is being filled in the queue.
    mutating func detach(_ group: FrameGroup) {
        guard let frame = filling.removeValue(forKey: group) else { return }
        fillingByteCount -= frame.byteCount
        enqueue(frame)
    }

    /// Puts all frames that are being filled in the queue, in the order in which they were begun.
    mutating func detachAll() {
        for group in filling.sorted(by: { $0.value.lastUse < $1.value.lastUse }).map(\.key) { detach(group) }
    }

    mutating func enqueue(_ frame: PendingFrame) {
        frame.number = nextNumber
        nextNumber += 1
        queue.append(frame)
        queuedByteCount += frame.byteCount
    }

    /// Takes the next frame out of the queue, if its number is below `bound`.
    mutating func take(before bound: Int = .max) -> PendingFrame? {
        guard let index = queue.indices.min(by: { queue[$0].number < queue[$1].number }),
            queue[index].number < bound
        else { return nil }
        let frame = queue.remove(at: index)
        queuedByteCount -= frame.byteCount
        inFlight.insert(frame.number)
        frame.isUrgent = frame.isUrgent || queuedByteCount >= busyByteCount
        return frame
    }

    /// A frame could not be written: it waits again.
    mutating func giveBack(_ frame: PendingFrame, _ failure: SiloError) {
        inFlight.remove(frame.number)
        queue.append(frame)
        queuedByteCount += frame.byteCount
        writeFailure = failure
    }

    /// A frame stands in `shard` from `offset` on.
    mutating func publish(
        _ head: FrameHead, in shard: OpenShard, at offset: UInt64, base: FrameBase? = nil, number: Int?
    ) {
        if head.kind == .blobs {
            links[shard.id, default: [:]][offset] = FrameLink(
                frameByteCount: head.frameByteCount, rawByteCount: head.rawByteCount, base: base)
        }
        for index in head.blobs.indices {
            let key = LocationKey(domain: shard.header.domain, sha1: head.blobs[index].sha1)
            // A blob that two streams bring at once is found at its first copy.
            if case .written = unflushed[key] { continue }
            let location = Location(head, index: index, shard: shard.id, offset: offset)
            unflushed[key] = .written(location)
            written.append((key, location))
        }
        if let number { inFlight.remove(number) }
        shards[shard.id]?.publishedEnd = offset + UInt64(head.frameByteCount)
    }
}
