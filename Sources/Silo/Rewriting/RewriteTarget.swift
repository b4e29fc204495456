import Events
import Glibc

/// The new shards of a rewriting. Each is written beside those that grow, under a name that means nothing, and named in the
/// location index once it is sealed and durable.
final class RewriteTarget {
    let domain: Domain
    private let writer: Writer
    private let copiedFrom: Set<ShardID>
    private var shard: OpenShard?
    private var locations: [(key: LocationKey, location: Location)] = []
    private var links: [UInt64: FrameLink] = [:]
    /// Where the blobs stand that were written to the shard.
    private var frames: [SHA1Hash: UInt64] = [:]
    /// The frame from which the others of its group are differences.
    var anchor: FrameBase?
    private(set) var written: [SealedShard] = []
    private(set) var moved = 0
    /// No write has failed.
    private(set) var isWritable = true

    init(_ writer: Writer, _ domain: Domain, copiedFrom: Set<ShardID>) {
        self.writer = writer
        self.domain = domain
        self.copiedFrom = copiedFrom
    }

    var shardID: ShardID { shard?.id ?? ShardID(rawValue: 0) }

    /// The frame that a blob of `byteCount` bytes is to be a difference from: its predecessor's, or one that this is taken from.
    func base(for byteCount: Int, after predecessor: SHA1Hash) -> FrameBase? {
        guard byteCount > 0, let offset = frames[predecessor], let link = links[offset] else { return nil }
        return FrameBase(offset: offset, link: link).base(ofByteCount: byteCount, writer.options) { frame in
            links[frame.offset] ?? FrameLink(damaged: frame.byteCount)
        }
    }

    /// Has frames compressed, and writes them in their order. An anchor comes before those that are taken from it.
    func write(_ jobs: [RewriteJob], level: Int) throws(SiloError) {
        let shard = try current()
        writer.run(jobs, shard.file, level: level)
        for job in jobs {
            if let failure = job.failure {
                isWritable = false
                throw failure
            }
            var base: FrameBase?
            if job.isDifference {
                switch job.base {
                case .written(let written): base = written
                case .anchor: base = anchor
                case nil: break
                }
            }
            let head = FrameHead(
                kind: .blobs, encoding: job.encoding, rawByteCount: job.frame.byteCount,
                storedByteCount: job.bytes.count, payloadChecksum: 0, base: base?.reference, blobs: job.frame.blobs)
            let offset = try job.bytes.withBytes({ (bytes) throws(SiloError) in
                try append(head, bytes, base: base)
            })
            for blob in job.frame.blobs { frames[blob.sha1] = offset }
            if job.isAnchor, let link = links[offset] {
                anchor = FrameBase(offset: offset, link: link)
            }
        }
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
                let (offset, byteCount) = try append(.part, piece, [])
                parts.append(PartReference(offset: offset, rawByteCount: piece.count, frameByteCount: byteCount))
            }
            let list = PartReference.encode(parts)
            _ = try list.withUnsafeBytes { try append(.partList, $0, [entry]) }
        } catch {
            // What cannot be read leaves nothing.
            try shard.cutBack(to: start, ifEndingAt: shard.byteCount) {}
            throw error as? SiloError ?? SiloError(.inputOutput, "\(error)")
        }
    }

    /// Seals the shard, and names in the location index what it holds.
    func end() throws(SiloError) {
        guard let shard else { return }
        let sealed = try writer.end(shard, at: writer.directory.unfinishedPath(of: shard.id))
        self.shard = nil
        written.append(sealed)
        try writer.stopping { () throws(SiloError) in try writer.directory.sync(writer.disk) }
        let record = ShardRecord(shard.header, sealed)
        try writer.locations.commit(LocationChange(added: locations, copiedFrom: copiedFrom, shards: [record]))
        locations = []
        links = [:]
        frames = [:]
        anchor = nil
        moved += try writer.locations.shards()[shard.id]?.blobCount ?? 0
        writer.retire(domain, ifBelow: shard.id)
    }

    /// Deletes the shard that is not complete.
    func abandon() {
        guard let shard else { return }
        // What cannot be deleted now is deleted when the store is opened again.
        unlink(writer.directory.unfinishedPath(of: shard.id))
        self.shard = nil
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
    ) throws(SiloError) -> (offset: UInt64, byteCount: Int) {
        try writer.benches.with { (bench) throws(SiloError) in
            let encoded = try bench.encode(bytes, level: writer.options.mediumCompressionLevel)
            let head = FrameHead(
                kind: kind, encoding: encoded.encoding, rawByteCount: bytes.count,
                storedByteCount: encoded.bytes.count, payloadChecksum: 0, blobs: blobs)
            let start = try append(head, encoded.bytes, base: nil)
            return (start, Int(try current().byteCount - start))
        }
    }

    private func append(
        _ head: FrameHead, _ bytes: UnsafeRawBufferPointer, base: FrameBase?
    ) throws(SiloError) -> UInt64 {
        let shard = try current()
        var head = head
        var written: UInt64 = 0
        do {
            try writer.benches.with { (bench) throws(SiloError) in
                try shard.append(&head, bytes, &bench.digest) { offset, _ in written = offset }
            }
        } catch {
            isWritable = false
            throw error
        }
        if head.kind == .blobs {
            links[written] = FrameLink(
                frameByteCount: head.byteCount + head.storedByteCount, rawByteCount: head.rawByteCount, base: base)
        }
        for index in head.blobs.indices {
            locations.append(
                (
                    LocationKey(domain: domain, sha1: head.blobs[index].sha1),
                    Location(head, index: index, shard: shard.id, offset: written)
                ))
        }
        return written
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
    func retire(_ domain: Domain, ifBelow id: ShardID) {
        monitor.withLock { state in
            guard let current = state.current[domain], current < id else { return }
            state.current[domain] = nil
            state.shards[current]?.isRetired = true
        }
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` that keeps the error's type.
    fileprivate func withBytes<R>(
        _ body: (UnsafeRawBufferPointer) throws(SiloError) -> R
    ) throws(SiloError) -> R {
        let result: Result<R, SiloError> = withUnsafeBytes { bytes in
            do throws(SiloError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
