import Events
import OpenSSL

/// Checks one shard, byte for byte, or a share of it: each goes past all frames, and the contents of each frame are one
/// share's to check.
struct ShardVerifier {
    typealias Finding = VerifyReport.Finding

    private let entry: ShardDirectory.Entry
    private let file: ShardFile
    private let record: ShardRecord?
    private let sealedHash: SHA256Hash?
    private let share: VerifyShare
    private let locations: any LocationStore
    private let reader: Reader

    private(set) var findings: [Finding] = []
    /// Where the key is not to be had; what is sealed is held against checksums and hashes of the file alone then.
    private(set) var closed: VerifyReport.ClosedShard?
    private(set) var blobCount = 0
    private(set) var rawByteCount = 0
    private(set) var storedByteCount = 0

    /// The index that the frames give.
    private var index = ShardIndex()
    /// Parts of large blobs that no list has named yet.
    private var loneParts: [UInt64: FrameHead] = [:]
    /// Locations that point here and are right.
    private var matchedKeys: Set<LocationKey> = []

    /// Bytes between two calls of `progress`.
    private static let progressByteCount: UInt64 = 8 << 20

    init(
        _ entry: ShardDirectory.Entry, record: ShardRecord?, sealedHash: SHA256Hash?, share: VerifyShare,
        directory: ShardDirectory, locations: any LocationStore, reader: Reader
    ) throws(SiloError) {
        self.entry = entry
        self.record = record
        self.sealedHash = sealedHash
        self.share = share
        self.locations = locations
        self.reader = reader
        file = try ShardFile.open(entry.id, in: directory)
    }

    mutating func run(_ bench: Workbench, progress: (UInt64) -> Void) throws(SiloError) {
        var domain = record?.domain
        do {
            let header = try file.header(&bench.digest)
            if share.isFirst, let record, record.domain != header.domain || record.createdAt != header.createdAt {
                add(.location, "the location index has another header than the file")
            }
            domain = header.domain
        } catch {
            guard error.code == .damaged else { throw error }
            if share.isFirst { add(.header, error.message, at: 0) }
        }
        do {
            _ = try file.cipher()
        } catch {
            guard error.code == .encrypted else { throw error }
            closed = .init(shard: entry.id, domain: domain, blobCount: 0, reason: error.message)
        }
        let length = try file.byteCount()
        let end = try self.end(length, bench)
        // What an open shard has beyond is being written, and nobody relies on it.
        storedByteCount = Int(entry.isSealed ? length : end)
        try checkFrames(end, domain, bench, progress)
        for (offset, head) in loneParts.sorted(by: { $0.key < $1.key }) { try checkLonePart(head, at: offset) }
        if entry.isSealed {
            if share.isFirst { try checkIndex(from: end, length, bench) }
            if share.isLast { try checkSealedHash(bench) }
        }
        if share.isFirst { try checkLost() }
    }

    private mutating func add(
        _ code: Finding.Code, _ message: String, blob: SHA1Hash? = nil, at offset: UInt64? = nil
    ) {
        findings.append(
            Finding(
                code: code, shard: entry.id, domain: record?.domain, blob: blob, offset: offset, message: message))
    }

    /// Where the frames end.
    private mutating func end(_ length: UInt64, _ bench: Workbench) throws(SiloError) -> UInt64 {
        let start = UInt64(ShardHeader.byteCount)
        guard entry.isSealed else {
            let flushed = record?.byteCount ?? start
            if flushed > length, share.isFirst { add(.frame, "the file has lost its end", at: length) }
            return max(start, min(flushed, length))
        }
        do {
            return max(start, try file.trailer(&bench.digest).indexOffset)
        } catch {
            guard error.code == .damaged else { throw error }
            if share.isFirst { add(.index, error.message, at: length) }
            return max(start, length)
        }
    }

    private mutating func checkFrames(
        _ end: UInt64, _ domain: Domain?, _ bench: Workbench, _ progress: (UInt64) -> Void
    ) throws(SiloError) {
        var scanner = FrameScanner(file, range: UInt64(ShardHeader.byteCount)..<end, readsPayloads: true)
        var nextProgress = Self.progressByteCount
        var frameNumber = 0
        while let item = try scanner.next() {
            switch item {
            case .damage(let range, let reason):
                guard share.isFirst else { continue }
                add(.frame, "\(range.count) bytes are damaged: \(reason)", at: range.lowerBound)
            case .frame(let head, let offset):
                if share.isFirst {
                    index.append(head, at: offset)
                    if let domain { try checkLocations(of: head, at: offset, domain) }
                }
                // What takes several frames, or needs a key that is not there, is not cut into shares.
                let isWhole = head.kind != .blobs || closed != nil
                if isWhole ? share.isFirst : share.takes(frame: frameNumber) {
                    try check(head, at: offset, &scanner, bench)
                }
                frameNumber += 1
            }
            if scanner.offset >= nextProgress {
                progress(scanner.offset)
                nextProgress = scanner.offset + Self.progressByteCount
            }
        }
        progress(end)
    }

    private mutating func check(
        _ head: FrameHead, at offset: UInt64, _ scanner: inout FrameScanner, _ bench: Workbench
    ) throws(SiloError) {
        if let unknown = head.unknown { return add(.unknown, "there is \(unknown)", at: offset) }
        guard head.isConsistent else { return add(.frame, "the table of a frame is wrong", at: offset) }
        if head.kind == .part, closed == nil {
            // Read once: with its list, which follows.
            loneParts[offset] = head
            return
        }
        guard let payload = try scanner.payload(of: head, at: offset) else {
            return addAll(of: head, .frame, "the checksum of a payload is wrong", at: offset)
        }
        if closed != nil {
            if head.kind != .part { closed?.blobCount += head.blobs.count }
            return
        }
        let memory = bench.frameMemory(head.rawByteCount)
        do {
            let base = try head.base.map { (base) throws(SiloError) in try reader.base(file, at: base) }
            let opened = try file.cipher()?.open(payload, of: head)
            try bench.decode(payload, opened: opened, of: head, prefix: base, shard: file.id, into: memory)
        } catch {
            return addAll(of: head, .frame, error.message, at: offset)
        }
        if head.kind == .partList {
            try checkParts(Array(memory), head.blobs[0], at: offset, bench)
        } else {
            checkContents(UnsafeRawBufferPointer(memory), head.blobs, at: offset, bench)
        }
    }

    /// One finding for each blob of a frame.
    private mutating func addAll(of head: FrameHead, _ code: Finding.Code, _ message: String, at offset: UInt64) {
        if head.blobs.isEmpty { add(code, message, at: offset) }
        for blob in head.blobs { add(code, message, blob: blob.sha1, at: offset) }
    }

    private mutating func checkContents(
        _ contents: UnsafeRawBufferPointer, _ blobs: [BlobEntry], at offset: UInt64, _ bench: Workbench
    ) {
        var start = 0
        for blob in blobs {
            let content = UnsafeRawBufferPointer(rebasing: contents[start..<start + blob.byteCount])
            start += blob.byteCount
            if bench.hasher.hash(content) != blob {
                add(.content, "the content of \(blob.sha1.hex) has another hash", blob: blob.sha1, at: offset)
            }
            count(blob)
        }
    }

    private mutating func checkParts(
        _ list: [UInt8], _ blob: BlobEntry, at offset: UInt64, _ bench: Workbench
    ) throws(SiloError) {
        do throws(SiloError) {
            let parts = try SiloError.decoding(file.id) {
                try PartReference.decode(list, blobByteCount: blob.byteCount)
            }
            bench.hasher.begin(byteCount: blob.byteCount)
            for part in parts {
                loneParts[part.offset] = nil
                let (head, bytes) = try reader.decode(file, at: part.offset, frameByteCount: part.frameByteCount)
                guard head.kind == .part, bytes.count == part.rawByteCount else {
                    throw SiloError.damaged("a part of a large blob is not where its list says", file.id)
                }
                bytes.withUnsafeBytes { bench.hasher.update($0) }
            }
            let hashes = bench.hasher.finish()
            if hashes != (blob.sha1, blob.sha256) {
                add(.content, "the content of \(blob.sha1.hex) has another hash", blob: blob.sha1, at: offset)
            }
        } catch {
            guard error.code == .damaged else { throw error }
            add(.frame, error.message, blob: blob.sha1, at: offset)
        }
        count(blob)
    }

    private mutating func checkLonePart(_ head: FrameHead, at offset: UInt64) throws(SiloError) {
        do {
            _ = try reader.decode(file, at: offset, frameByteCount: head.frameByteCount)
        } catch {
            guard error.code == .damaged else { throw error }
            add(.frame, error.message, at: offset)
        }
    }

    private mutating func count(_ blob: BlobEntry) {
        blobCount += 1
        rawByteCount += blob.byteCount
    }

    private mutating func checkLocations(
        of head: FrameHead, at offset: UInt64, _ domain: Domain
    ) throws(SiloError) {
        for index in head.blobs.indices {
            let key = LocationKey(domain: domain, sha1: head.blobs[index].sha1)
            let expected = Location(head, index: index, shard: entry.id, offset: offset)
            let actual = try locations.location(of: key)
            if actual == expected {
                matchedKeys.insert(key)
            } else if actual?.shard == entry.id && actual?.offset == offset {
                // A copy that the index does not name is one that was forgotten, or that another one counts instead of.
                add(.location, "the location index does not have \(key.sha1.hex) right", blob: key.sha1, at: offset)
            }
        }
    }

    /// Names what the index has and the frames have not.
    private mutating func checkLost() throws(SiloError) {
        guard let record else {
            if entry.isSealed { add(.location, "the location index does not know the shard") }
            return
        }
        guard record.blobCount != matchedKeys.count else { return }
        for (key, location) in try locations.locations(in: [entry.id]) where !matchedKeys.contains(key) {
            // What was flushed after the record was read is not lost.
            if !entry.isSealed, location.offset >= record.byteCount { continue }
            add(.lost, "\(key.sha1.hex) is not where the index says", blob: key.sha1, at: location.offset)
        }
    }

    /// Index of a sealed shard.
    private mutating func checkIndex(from end: UInt64, _ length: UInt64, _ bench: Workbench) throws(SiloError) {
        let expected = index.encode(at: end, &bench.digest)
        if end < length {
            let actual = try file.read(Int(length - end), at: end)
            if actual != expected { add(.index, "the index is not that of the frames", at: end) }
        }
    }

    private mutating func checkSealedHash(_ bench: Workbench) throws(SiloError) {
        if let known = sealedHash ?? record?.sha256, try file.contentHash(&bench.digest) != known {
            add(.sealedHash, "the SHA-256 of the file is not \(known.hex), which was recorded")
        }
    }
}
