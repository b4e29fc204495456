import Events

/// A blob that arrives in pieces. Memory is bounded by one part, whatever the blob's size.
///
/// Used by one thread at a time. A stream that is not finished leaves nothing that is read; the shard it goes to stays open
/// until then.
public final class BlobStream {
    private let writer: Writer
    private let domain: Domain
    /// Bytes that were announced.
    public let byteCount: Int
    private let expected: SHA1Hash?
    private let known: BlobEntry?
    private let hint: PutHint
    private let mode: StreamMode
    private var hasher = BlobHasher()
    private var receivedByteCount = 0
    private var part = ScratchBuffer()
    private var partByteCount = 0
    private var parts: [PartReference] = []
    private var isOver = false

    /// Where the bytes go.
    enum StreamMode {
        /// They fit a frame: they are collected, and put as a whole.
        case whole
        /// Each part becomes a frame of its own.
        case parts(OpenShard)
        /// They are there already, and are only compared.
        case comparison(Unflushed)
    }

    init(
        _ writer: Writer, _ domain: Domain, byteCount: Int, expected: SHA1Hash?, known: BlobEntry?, hint: PutHint,
        mode: StreamMode
    ) {
        self.writer = writer
        self.domain = domain
        self.byteCount = byteCount
        self.expected = expected
        self.known = known
        self.hint = hint
        self.mode = mode
        if known == nil { hasher.begin(byteCount: byteCount) }
    }

    deinit {
        if case .parts(let shard) = mode, !isOver { writer.release(shard, forStream: true) }
    }

    /// Takes in the next bytes.
    ///
    /// - Throws: `SiloError`; `.wrongSize` where there are more than were announced.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SiloError) {
        precondition(!isOver, "a stream is written to after its end")
        guard bytes.count <= byteCount - receivedByteCount else {
            throw SiloError(.wrongSize, "more bytes than the \(byteCount) that were announced; read the source again")
        }
        receivedByteCount += bytes.count
        if known == nil { hasher.update(bytes) }
        if case .comparison = mode { return }
        let capacity = min(byteCount, writer.options.partByteCount)
        var rest = bytes[...]
        while !rest.isEmpty {
            let target = part.reserve(capacity)
            let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(capacity - partByteCount))
            UnsafeMutableRawBufferPointer(rebasing: target[partByteCount...]).copyMemory(from: taken)
            partByteCount += taken.count
            rest = rest.dropFirst(taken.count)
            if case .parts(let shard) = mode, partByteCount == capacity { try writePart(to: shard) }
        }
    }

    /// Takes in the next bytes.
    public func write(_ bytes: [UInt8]) throws(SiloError) {
        var failure: SiloError?
        bytes.withUnsafeBytes { bytes in
            do throws(SiloError) { try write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// The blob is complete.
    ///
    /// - Throws: `SiloError`; `.wrongSize` or `.wrongHash` where it is not what was announced. Nothing is kept then.
    public func finish() throws(SiloError) -> Put {
        precondition(!isOver, "a stream is finished twice")
        guard receivedByteCount == byteCount else {
            try cancel()
            throw SiloError(
                .wrongSize, "\(receivedByteCount) of the \(byteCount) bytes that were announced; read the source again")
        }
        let entry = known ?? hashed()
        if let expected, expected != entry.sha1 {
            try cancel()
            throw SiloError(.wrongHash, "the content is \(entry.sha1.hex), not \(expected.hex); read the source again")
        }
        switch mode {
        case .whole:
            isOver = true
            return try writer.put(
                UnsafeRawBufferPointer(rebasing: part.bytes[..<partByteCount]), entry, in: domain, hint)
        case .comparison(let found):
            isOver = true
            return Writer.compare(found, entry)
        case .parts(let shard):
            if partByteCount > 0 { try writePart(to: shard) }
            if let found = try writer.find(LocationKey(domain: domain, sha1: entry.sha1)) {
                try cancel()
                return Writer.compare(found, entry)
            }
            let location = try writer.appendList(parts, of: entry, to: shard)
            isOver = true
            writer.release(shard, forStream: true)
            return .stored(BlobInfo(entry.sha1, location))
        }
    }

    /// Gives the blob up. Its parts are taken off the shard again where nothing follows them.
    public func cancel() throws(SiloError) {
        guard !isOver else { return }
        isOver = true
        guard case .parts(let shard) = mode else { return }
        defer { writer.release(shard, forStream: true) }
        try writer.discard(parts, from: shard)
    }

    private func hashed() -> BlobEntry {
        let hashes = hasher.finish()
        return BlobEntry(sha1: hashes.sha1, sha256: hashes.sha256, byteCount: byteCount)
    }

    private func writePart(to shard: OpenShard) throws(SiloError) {
        parts.append(try writer.appendPart(UnsafeRawBufferPointer(rebasing: part.bytes[..<partByteCount]), to: shard))
        partByteCount = 0
    }
}
