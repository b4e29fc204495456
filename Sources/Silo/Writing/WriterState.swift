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
    /// The frame that each domain's small blobs go to.
    var filling: [Domain: PendingFrame] = [:]
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
    var isClosed = false

    /// Nothing may be written after a failed fsync, or after `close`.
    func checkWritable() throws(SiloError) {
        if let stopFailure { throw stopFailure }
        if isClosed { throw SiloError(.readOnly, "the store is closed") }
    }

    /// Puts the frame that is being filled in the queue.
    mutating func detach(_ domain: Domain) {
        guard let frame = filling.removeValue(forKey: domain) else { return }
        enqueue(frame)
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
    mutating func publish(_ head: FrameHead, in shard: OpenShard, at offset: UInt64, number: Int?) {
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
