public import Events

/// A content-addressed store of blobs.
///
/// Blobs live in shards: files that are only appended to, hold the blobs of one domain, and are sealed when they are
/// full. Small blobs share a compressed frame; a large one is kept in parts. <doc:ShardFormat> describes the files to the
/// byte. A location index says which blob stands where; it is a cache that is made anew from the shards whenever it is
/// missing or does not fit them.
///
/// All calls block and may be made by any number of threads at once. One process at a time writes; others may read.
/// The store starts no thread: whoever puts a blob compresses the frame that it completes, unless somebody lends a
/// thread to ``compressUntilClosed()``.
public final class Silo: Sendable {
    let directory: ShardDirectory
    let locations: any LocationStore
    let benches: WorkbenchPool
    let reader: Reader
    private let writerIfAny: Writer?

    /// What opening found and did.
    public let openReport: OpenReport

    init(
        directory: ShardDirectory, locations: any LocationStore, benches: WorkbenchPool, reader: Reader,
        writer: Writer?,
        openReport: OpenReport
    ) {
        self.directory = directory
        self.locations = locations
        self.benches = benches
        self.reader = reader
        writerIfAny = writer
        self.openReport = openReport
    }

    var writer: Writer {
        get throws(SiloError) {
            guard let writerIfAny else { throw SiloError(.readOnly, "the store was opened for reading") }
            return writerIfAny
        }
    }

    /// Where a blob is, flushed or not.
    func find(_ key: LocationKey) throws(SiloError) -> Unflushed? {
        if let writerIfAny { return try writerIfAny.find(key) }
        return try locations.location(of: key).map { .written($0) }
    }
}

// MARK: - Writing

extension Silo {
    /// Puts a blob. Its hashes are computed here.
    ///
    /// - Parameters:
    ///   - sha1: Git's hash of these very bytes, where the caller has just computed it.
    ///   - hint: what helps to keep it small; nothing that is read depends on it.
    /// - Returns: whether it was new. It is durable once a ``flush()`` that begins later has returned.
    /// - Throws: `SiloError`. The blob may have been taken in or not; putting it again is right either way.
    public func put(
        _ bytes: UnsafeRawBufferPointer, in domain: Domain, hashedAs sha1: SHA1Hash? = nil, hint: PutHint = PutHint()
    ) throws(SiloError) -> Put {
        try writer.put(bytes, hashedAs: sha1, in: domain, hint)
    }

    /// Puts a blob. Its hashes are computed here.
    public func put(_ bytes: [UInt8], in domain: Domain, hint: PutHint = PutHint()) throws(SiloError) -> Put {
        let writer = try writer
        let result: Result<Put, SiloError> = bytes.withUnsafeBytes { bytes in
            do throws(SiloError) { return .success(try writer.put(bytes, hashedAs: nil, in: domain, hint)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Puts a blob that arrives in pieces.
    ///
    /// - Parameters:
    ///   - byteCount: its size; Git's hash begins with it.
    ///   - expected: its SHA-1, where it is known. What is there already is then not written a second time.
    ///   - hint: what helps to keep it small; nothing that is read depends on it.
    public func putStream(
        in domain: Domain, byteCount: Int, expecting expected: SHA1Hash? = nil, hint: PutHint = PutHint()
    ) throws(SiloError) -> BlobStream {
        try writer.stream(in: domain, byteCount: byteCount, expecting: expected, hint)
    }

    /// Makes durable all that was put, and all streams that were finished, before the call. Other processes see it then.
    ///
    /// - Throws: `SiloError`; with `.noSpace` nothing is lost, and the next flush tries again. With `.stopped` what is on
    ///   disk is unknown, and the store has to be opened again.
    public func flush() throws(SiloError) {
        try writer.flush()
    }

    /// Seals the domain's open shard, after a flush.
    ///
    /// - Returns: nil where the domain has no open shard.
    /// - Throws: `SiloError`; `.busy` while a stream is being written to it.
    public func seal(_ domain: Domain) throws(SiloError) -> SealedShard? {
        try writer.seal(domain)
    }

    /// The shards that were full and have been sealed since the last call.
    public func drainSealed() throws(SiloError) -> [SealedShard] {
        try writer.drainSealed()
    }

    /// Compresses what `put` queues, in the thread of the caller, until the store is closed. For who puts from fewer threads
    /// than there are processors.
    public func compressUntilClosed() throws(SiloError) {
        try writer.compressUntilClosed()
    }

    /// Flushes and ends writing; the location index is believed even after the machine was started again.
    public func close() throws(SiloError) {
        try writerIfAny?.close()
    }

    /// Forgets where blobs are: they count as not there, and putting one writes it anew. Where one is not there, nothing happens.
    ///
    /// As durable as the location index: an index that is made anew from the shards knows them again.
    public func forget(_ hashes: [SHA1Hash], in domain: Domain) throws(SiloError) {
        let writer = try writer
        try writer.flush()
        try writer.locations.commit(
            LocationChange(removed: hashes.sorted().map { LocationKey(domain: domain, sha1: $0) }))
    }
}

// MARK: - Reading

extension Silo {
    /// What the store knows of a blob; nil where the domain has none such.
    public func contains(_ sha1: SHA1Hash, in domain: Domain) throws(SiloError) -> BlobInfo? {
        switch try find(LocationKey(domain: domain, sha1: sha1)) {
        case nil: nil
        case .pending(let frame, let index): BlobInfo(frame.blobs[index])
        case .written(let location): BlobInfo(sha1, location)
        }
    }

    /// The content of a blob, held against its hash.
    ///
    /// - Throws: `SiloError`; `.notFound` where the domain has none such.
    public func read(_ sha1: SHA1Hash, in domain: Domain) throws(SiloError) -> [UInt8] {
        var content: [UInt8] = []
        do {
            try read(sha1, in: domain) { piece in
                if content.isEmpty { content = Array(piece) } else { content.append(contentsOf: piece) }
            }
        } catch let error as SiloError {
            throw error
        } catch {
            throw SiloError(.inputOutput, "\(error)")
        }
        return content
    }

    /// Gives `body` the content of a blob, or a range of it, in pieces of at most one part and in order; memory is
    /// bounded by one part.
    ///
    /// What is read whole is held against the blob's hash: a small blob before `body` sees it, a large one after its last
    /// piece. A range of a large blob is held against the checksums of its parts.
    ///
    /// - Throws: `SiloError` (`.notFound`; `.wrongSize` for a range that is not inside the blob), and what `body` throws.
    public func read(
        _ sha1: SHA1Hash, in domain: Domain, range: Range<Int>? = nil,
        into body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let key = LocationKey(domain: domain, sha1: sha1)
        switch try find(key) {
        case nil:
            throw SiloError(.notFound, "there is no blob \(sha1.hex) in domain \(domain.rawValue)")
        case .pending(let frame, let index):
            try frame.content(index).withUnsafeBytes { content in
                guard let range else { return try body(content) }
                guard range.lowerBound >= 0, range.upperBound <= content.count else {
                    throw SiloError(.wrongSize, "bytes \(range) of a blob of \(content.count)")
                }
                try body(UnsafeRawBufferPointer(rebasing: content[range]))
            }
        case .written(let location):
            let (file, location) = try file(of: key, at: location)
            try reader.read(key, at: location, in: file, range: range, body)
        }
    }

    /// The file of a blob, and where it is by now: a shard may be rewritten and deleted after the index was asked.
    private func file(
        of key: LocationKey, at location: Location
    ) throws(SiloError) -> (ShardFile, Location) {
        var location = location
        while true {
            do {
                return (try reader.file(location.shard), location)
            } catch {
                guard case .written(let moved)? = try find(key), moved != location else { throw error }
                location = moved
            }
        }
    }

    /// All shards, in the order of their ids, as of the last flush.
    public func shards() throws(SiloError) -> [ShardInfo] {
        try locations.shards().values.sorted { $0.id < $1.id }.map { ShardInfo($0) }
    }

    /// A sealed shard, for whoever missed that it was sealed.
    public func sealedShard(_ id: ShardID) throws(SiloError) -> SealedShard {
        let file = try ShardFile.open(id, in: directory)
        let known = try locations.shards()[id]?.sha256
        return try benches.with { (bench) throws(SiloError) in
            let header = try file.header(&bench.digest)
            let trailer = try file.trailer(&bench.digest)
            let sha256: SHA256Hash
            if let known { sha256 = known } else { sha256 = try file.contentHash(&bench.digest) }
            return SealedShard(
                id: id, domain: header.domain, sha256: sha256,
                byteCount: Int(try file.byteCount()), blobCount: trailer.blobCount, rawByteCount: trailer.rawByteCount,
                createdAt: header.createdAt)
        }
    }

    /// What the store, or one domain of it, holds as of the last flush.
    public func statistics(of domain: Domain? = nil) throws(SiloError) -> SiloStatistics {
        var result = SiloStatistics()
        for record in try locations.shards().values where domain == nil || record.domain == domain {
            result.shardCount += 1
            result.blobCount += record.blobCount
            result.rawByteCount += record.rawByteCount
            result.storedByteCount += Int(record.byteCount)
        }
        return result
    }
}
