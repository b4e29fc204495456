import Events
import Glibc

/// The new shards of a rewriting. Each is written beside those that grow, under a name that means nothing, and named in the
/// location index once it is sealed and durable.
final class RewriteTarget {
    private let writer: Writer
    private let domain: Domain
    private let copiedFrom: Set<ShardID>
    private var shard: OpenShard?
    private var frame: PendingFrame
    private var locations: [(key: LocationKey, location: Location)] = []
    private(set) var written: [SealedShard] = []
    private(set) var moved = 0
    /// No write has failed.
    private(set) var isWritable = true

    init(_ writer: Writer, _ domain: Domain, copiedFrom: Set<ShardID>) {
        self.writer = writer
        self.domain = domain
        self.copiedFrom = copiedFrom
        frame = PendingFrame(domain: domain, capacity: writer.options.frameByteCount)
    }

    /// Takes a small blob in, whose content has been held against its hash.
    func add(_ content: [UInt8], _ entry: BlobEntry) throws(SiloError) {
        if !frame.hasRoom(for: content.count) {
            try writeFrame()
            frame = PendingFrame(
                domain: domain, capacity: max(content.count, writer.options.frameByteCount))
        }
        content.withUnsafeBytes { frame.append(entry, $0) }
    }

    /// Copies a large blob, part by part.
    func copyParts(
        of entry: BlobEntry, from reader: Reader, _ key: LocationKey, _ location: Location
    ) throws(SiloError) {
        let shard = try current()
        let start = shard.byteCount
        var parts: [PartReference] = []
        do {
            try reader.read(key, at: location, in: reader.file(location.shard), range: nil) { piece in
                let (offset, head) = try append(.part, piece, [])
                parts.append(
                    PartReference(offset: offset, rawByteCount: piece.count, frameByteCount: head.frameByteCount))
            }
            let list = PartReference.encode(parts)
            _ = try list.withUnsafeBytes { try append(.partList, $0, [entry]) }
        } catch {
            // What cannot be read leaves nothing.
            try shard.cutBack(to: start, ifEndingAt: shard.byteCount) {}
            throw error as? SiloError ?? SiloError(.inputOutput, "\(error)")
        }
        try endIfFull()
    }

    /// Nothing follows.
    func finish() throws(SiloError) {
        try writeFrame()
        try end()
        writer.retire(domain, ifBelow: written.last?.id)
    }

    /// Deletes the shard that is not complete.
    func abandon() {
        guard let shard else { return }
        // What cannot be deleted now is deleted when the store is opened again.
        unlink(writer.directory.unfinishedPath(of: shard.id))
        self.shard = nil
    }

    private func writeFrame() throws(SiloError) {
        guard !frame.blobs.isEmpty else { return }
        _ = try append(.blobs, frame.bytes, frame.blobs)
        frame = PendingFrame(domain: domain, capacity: writer.options.frameByteCount)
        try endIfFull()
    }

    private func current() throws(SiloError) -> OpenShard {
        if let shard { return shard }
        let header = try ShardHeader.new(domain, writer.nextShardID(), writer.options.now(), writer.directory.keys)
        let shard = try writer.benches.with { (bench) throws(SiloError) in
            try OpenShard.create(
                header, at: writer.directory.unfinishedPath(of: header.shard), disk: writer.disk,
                keys: writer.directory.keys, &bench.digest)
        }
        self.shard = shard
        return shard
    }

    private func append(
        _ kind: FrameKind, _ bytes: UnsafeRawBufferPointer, _ blobs: [BlobEntry]
    ) throws(SiloError) -> (offset: UInt64, head: FrameHead) {
        let shard = try current()
        var isWritten = false
        defer { if !isWritten { isWritable = false } }
        return try writer.benches.with { (bench) throws(SiloError) in
            let encoded = try bench.encode(bytes, level: writer.options.hardCompressionLevel)
            var head = FrameHead(
                kind: kind, encoding: encoded.encoding, rawByteCount: bytes.count,
                storedByteCount: encoded.bytes.count, payloadChecksum: 0, blobs: blobs)
            var written: UInt64 = 0
            try shard.append(&head, encoded.bytes, &bench.digest) { offset, _ in written = offset }
            for index in head.blobs.indices {
                locations.append(
                    (
                        LocationKey(domain: domain, sha1: head.blobs[index].sha1),
                        Location(head, index: index, shard: shard.id, offset: written)
                    ))
            }
            isWritten = true
            return (written, head)
        }
    }

    private func endIfFull() throws(SiloError) {
        guard let shard, shard.byteCount >= UInt64(writer.options.shardByteCount) else { return }
        try end()
    }

    private func end() throws(SiloError) {
        guard let shard else { return }
        let sealed = try writer.end(shard, at: writer.directory.unfinishedPath(of: shard.id))
        self.shard = nil
        written.append(sealed)
        try writer.stopping { () throws(SiloError) in try writer.directory.sync(writer.disk) }
        let record = ShardRecord(shard.header, sealed)
        try writer.locations.commit(LocationChange(added: locations, copiedFrom: copiedFrom, shards: [record]))
        locations = []
        moved += try writer.locations.shards()[shard.id]?.blobCount ?? 0
    }
}

extension Writer {
    func nextShardID() -> ShardID {
        monitor.withLock { state in
            defer { state.nextShardID += 1 }
            return ShardID(rawValue: state.nextShardID)
        }
    }

    /// The domain's open shard takes no more blobs if it is older than `id`: of two copies the one in the younger shard
    /// counts, so what is put from now on has to be in one.
    func retire(_ domain: Domain, ifBelow id: ShardID?) {
        monitor.withLock { state in
            guard let id, let current = state.current[domain], current < id else { return }
            state.current[domain] = nil
            state.shards[current]?.isRetired = true
        }
    }
}
