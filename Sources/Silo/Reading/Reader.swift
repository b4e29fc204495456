import Events
import OpenSSL

/// The reading half of a store: finds a blob's frame, decodes it, and holds what it gives out against its hash.
final class Reader: Sendable {
    private let files: ShardFiles
    let benches: WorkbenchPool
    let cache: FrameCache

    init(_ directory: ShardDirectory, _ benches: WorkbenchPool, cachedFrameByteCount: Int) {
        files = ShardFiles(directory, benches)
        self.benches = benches
        cache = FrameCache(maximumByteCount: cachedFrameByteCount)
    }

    /// Gives `body` the bytes of `range` of the blob, in pieces and in order.
    ///
    /// A blob that is read whole is held against its SHA-256: a small one before `body` sees it, a large one after its last
    /// piece. A range of a large one is held against the checksums of its parts.
    func read(
        _ key: LocationKey, at location: Location, in file: ShardFile, range: Range<Int>?,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let frame = try frame(of: key, at: location, in: file)
        switch frame {
        case .blobs(let frame):
            let content = frame.range(location.index)
            let wanted = try Self.clamp(range, location.byteCount, location.shard)
            try frame.bytes.withUnsafeBytes { bytes in
                let content = UnsafeRawBufferPointer(rebasing: bytes[content])
                try check(content, key, location)
                try body(UnsafeRawBufferPointer(rebasing: content[wanted]))
            }
        case .parts(let parts):
            let wanted = try Self.clamp(range, location.byteCount, location.shard)
            try read(parts, wanted, key, location, file, body)
        }
    }

    private enum Found {
        case blobs(DecodedFrame)
        case parts([PartReference])
    }

    /// The file of a shard, open, and its header checked.
    func file(_ shard: ShardID) throws(SiloError) -> ShardFile { try files.file(shard) }

    /// Nobody reads from the shard any more.
    func close(_ shard: ShardID) {
        files.close(shard)
        cache.removeAll(of: shard)
    }

    private func frame(
        of key: LocationKey, at location: Location, in file: ShardFile
    ) throws(SiloError) -> Found {
        let cacheKey = FrameCache.Key(shard: location.shard, offset: location.offset)
        let index = location.index
        if let cached = cache.frame(
            cacheKey, isEnough: { $0.isWhole || index < $0.blobs.count && $0.range(index).upperBound <= $0.bytes.count }
        ) {
            try Self.match(cached.blobs, key, location)
            return .blobs(cached)
        }
        // Whoever comes to a frame again, and for more of it, will come for the rest.
        let isKnown = cache.frame(cacheKey, isEnough: { _ in true }) != nil
        let reference = FrameReference(offset: location.offset, byteCount: location.frameByteCount)
        let (kind, frame) = try frame(file, at: reference) { head in
            guard !isKnown, head.kind == .blobs, head.isConsistent, index < head.blobs.count else { return nil }
            return head.blobs[...index].reduce(0) { $0 + $1.byteCount }
        }
        try Self.match(frame.blobs, key, location)
        guard kind == .partList else { return .blobs(frame) }
        return .parts(
            try SiloError.decoding(location.shard) {
                try PartReference.decode(frame.bytes, blobByteCount: location.byteCount)
            })
    }

    /// Whether the frame has the blob for which the index named it.
    private static func match(_ blobs: [BlobEntry], _ key: LocationKey, _ location: Location) throws(SiloError) {
        guard location.index < blobs.count else { throw wrongLocation(key, location) }
        let blob = blobs[location.index]
        guard blob.sha1 == key.sha1, blob.sha256 == location.sha256, blob.byteCount == location.byteCount else {
            throw wrongLocation(key, location)
        }
    }

    private static func wrongLocation(_ key: LocationKey, _ location: Location) -> SiloError {
        SiloError(
            .damaged,
            "the location index names a frame of shard \(location.shard.rawValue) that does not have \(key.sha1.hex); "
                + "rebuild the index", shard: location.shard)
    }

    private static func clamp(_ range: Range<Int>?, _ byteCount: Int, _ shard: ShardID) throws(SiloError) -> Range<Int>
    {
        guard let range else { return 0..<byteCount }
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw SiloError(.wrongSize, "bytes \(range) of a blob of \(byteCount)", shard: shard)
        }
        return range
    }

    private func check(_ content: UnsafeRawBufferPointer, _ key: LocationKey, _ location: Location) throws(SiloError) {
        let actual = benches.with { bench in
            bench.digest.update(content)
            return SHA256Hash.finish(&bench.digest)
        }
        guard actual == location.sha256 else { throw Self.wrongContent(key, location) }
    }

    static func wrongContent(_ key: LocationKey, _ location: Location) -> SiloError {
        SiloError.damaged("blob \(key.sha1.hex) is not what was stored", location.shard)
    }

    private func read(
        _ parts: [PartReference], _ wanted: Range<Int>, _ key: LocationKey, _ location: Location,
        _ file: ShardFile, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let isWhole = wanted == 0..<location.byteCount
        guard let partByteCount = parts.first?.rawByteCount, !wanted.isEmpty else { return }
        // Taken for the whole read: the hash runs on from part to part.
        try benches.with { whole in
            whole.digest.reset()
            for index in wanted.lowerBound / partByteCount...(wanted.upperBound - 1) / partByteCount {
                let part = parts[index]
                let (head, bytes) = try decode(file, at: part.offset, frameByteCount: part.frameByteCount)
                guard head.kind == .part, bytes.count == part.rawByteCount else {
                    throw SiloError.damaged("a part of \(key.sha1.hex) is not where its list says", location.shard)
                }
                let start = index * partByteCount
                let cut = max(wanted.lowerBound - start, 0)..<min(wanted.upperBound - start, bytes.count)
                try bytes.withUnsafeBytes { bytes in
                    if isWhole { whole.digest.update(bytes) }
                    try body(UnsafeRawBufferPointer(rebasing: bytes[cut]))
                }
            }
            if isWhole, SHA256Hash.finish(&whole.digest) != location.sha256 { throw Self.wrongContent(key, location) }
        }
    }

    /// A frame that is no difference, its payload decoded and held against its checksum.
    func decode(
        _ file: ShardFile, at offset: UInt64, frameByteCount: Int
    ) throws(SiloError) -> (FrameHead, [UInt8]) {
        try decode(
            file, at: FrameReference(offset: offset, byteCount: frameByteCount), prefix: nil, checksPayload: true)
    }
}
