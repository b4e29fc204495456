import Events
import Synchronization

extension Writer {
    func stream(
        in domain: Domain, byteCount: Int, expecting expected: SHA1Hash?, known: BlobEntry? = nil,
        _ hint: PutHint = PutHint()
    ) throws(SiloError) -> BlobStream {
        try monitor.read { (state) throws(SiloError) in try state.checkWritable() }
        let mostBytes = options.partByteCount * ShardFormat.maximumPartCount
        guard byteCount >= 0, byteCount <= mostBytes else {
            throw SiloError(.wrongSize, "a blob of \(byteCount) bytes; at most \(mostBytes) can be kept")
        }
        let mode: BlobStream.StreamMode
        if let expected, let found = try find(LocationKey(domain: domain, sha1: expected)) {
            mode = .comparison(found)
        } else if byteCount <= options.partByteCount {
            mode = .whole
        } else {
            mode = .parts(try acquire(domain, forStream: true))
        }
        return BlobStream(
            self, domain, byteCount: byteCount, expected: expected, known: known, hint: hint, mode: mode)
    }

    /// Writes the next part of a large blob.
    func appendPart(_ bytes: UnsafeRawBufferPointer, to shard: OpenShard) throws(SiloError) -> PartReference {
        let (offset, head) = try append(.part, bytes, [], to: shard)
        return PartReference(offset: offset, rawByteCount: bytes.count, frameByteCount: head.frameByteCount)
    }

    /// Writes what makes parts a blob.
    func appendList(_ parts: [PartReference], of entry: BlobEntry, to shard: OpenShard) throws(SiloError) -> Location {
        let list = PartReference.encode(parts)
        var failure: SiloError?
        let written = list.withUnsafeBytes { bytes -> (offset: UInt64, head: FrameHead)? in
            do throws(SiloError) {
                return try append(.partList, bytes, [entry], to: shard)
            } catch {
                failure = error
                return nil
            }
        }
        guard let written else { throw failure ?? SiloError(.inputOutput, "a list of parts was not written") }
        return Location(written.head, index: 0, shard: shard.id, offset: written.offset)
    }

    /// Takes parts off the end of a shard, if nothing follows them and no flush has waited for them.
    func discard(_ parts: [PartReference], from shard: OpenShard) throws(SiloError) {
        guard let first = parts.first else { return }
        var end = first.offset
        for part in parts {
            // Other frames stand between them: they stay, as bytes that nothing refers to, until the shard is compacted.
            guard part.offset == end else { return }
            end += UInt64(part.frameByteCount)
        }
        try flushing.withLock { (_) throws(SiloError) in
            guard monitor.read({ ($0.shards[shard.id]?.flushedEnd ?? .max) <= first.offset }) else { return }
            try shard.cutBack(to: first.offset, ifEndingAt: end) {
                monitor.withLock { $0.shards[shard.id]?.publishedEnd = first.offset }
            }
        }
    }

    private func append(
        _ kind: FrameKind, _ bytes: UnsafeRawBufferPointer, _ blobs: [BlobEntry], to shard: OpenShard
    ) throws(SiloError) -> (offset: UInt64, head: FrameHead) {
        try monitor.read { (state) throws(SiloError) in try state.checkWritable() }
        return try benches.with { (bench) throws(SiloError) in
            let encoded = try bench.encode(bytes, level: options.levels.bulk)
            var head = FrameHead(
                kind: kind, encoding: encoded.encoding, rawByteCount: bytes.count,
                storedByteCount: encoded.bytes.count, payloadChecksum: 0, blobs: blobs)
            var written: UInt64 = 0
            try shard.append(&head, encoded.bytes, &bench.digest) { offset, head in
                written = offset
                monitor.withLock { $0.publish(head, in: shard, at: offset, number: nil) }
            }
            return (written, head)
        }
    }
}
