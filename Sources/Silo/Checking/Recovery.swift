import Events
import Glibc

/// Brings the location index up to what the shards hold, when a store is opened.
struct Recovery {
    let directory: ShardDirectory
    let locations: any LocationStore
    let benches: WorkbenchPool
    let disk: Disk
    /// Whether the torn end of an open shard may be cut off, and the shard be gone on with.
    let mayCut: Bool
    var report: OpenReport
    /// The shards that are open.
    private(set) var open: [OpenShard] = []
    private(set) var lastShardID = ShardID(rawValue: 0)
    private(set) var isEmpty = true

    /// Locations that one change of the index takes.
    private static let batchCount = 65_536

    init(
        directory: ShardDirectory, locations: any LocationStore, benches: WorkbenchPool, disk: Disk, mayCut: Bool,
        report: OpenReport
    ) {
        self.directory = directory
        self.locations = locations
        self.benches = benches
        self.disk = disk
        self.mayCut = mayCut
        self.report = report
    }

    mutating func run() throws(SiloError) {
        var records = try locations.shards()
        if mayCut { try finishDeleting(&records) }
        let entries = try directory.list()
        isEmpty = entries.isEmpty
        if try !fits(records, entries) {
            try locations.clear()
            records = [:]
            report.hasRebuiltLocations = true
        }
        lastShardID = max(entries.last?.id ?? lastShardID, records.keys.max() ?? lastShardID)
        for entry in entries where records[entry.id]?.isDropped != true {
            let file = try ShardFile.open(entry.id, in: directory, forWriting: mayCut && !entry.isSealed)
            guard let header = try header(of: file, entry) else { continue }
            if entry.isSealed {
                try takeInSealed(file, header, records[entry.id])
            } else {
                try takeInOpen(file, header, records[entry.id])
            }
        }
    }

    /// Deletes what a crash left of a rewriting, and the shards that were being deleted.
    private func finishDeleting(_ records: inout [ShardID: ShardRecord]) throws(SiloError) {
        try directory.removeUnfinished()
        let dropped = records.values.filter(\.isDropped).map(\.id)
        guard !dropped.isEmpty else { return }
        try directory.remove(dropped, disk)
        try locations.commit(LocationChange(removedShards: dropped))
        for id in dropped { records[id] = nil }
    }

    /// Whether every shard of the index is there, and as long as the index says.
    private func fits(_ records: [ShardID: ShardRecord], _ entries: [ShardDirectory.Entry]) throws(SiloError) -> Bool {
        var missing = Set(records.values.filter { !$0.isDropped }.map(\.id))
        for entry in entries {
            guard let record = records[entry.id], !record.isDropped else { continue }
            missing.remove(entry.id)
            let length = try ShardFile.open(entry.id, in: directory).byteCount()
            guard record.isSealed ? entry.isSealed && length == record.byteCount : length >= record.byteCount else {
                return false
            }
        }
        return missing.isEmpty
    }

    /// The header; nil where the shard has to be left alone.
    private mutating func header(
        of file: ShardFile, _ entry: ShardDirectory.Entry
    ) throws(SiloError) -> ShardHeader? {
        do {
            return try benches.with { (bench) throws(SiloError) in try file.header(&bench.digest) }
        } catch {
            guard error.code == .damaged else { throw error }
            let length = try file.byteCount()
            if mayCut, !entry.isSealed, length <= UInt64(ShardHeader.byteCount) {
                // Its maker crashed before there was anything in it.
                let path = directory.path(of: entry.id, isSealed: false)
                guard unlink(path) == 0 else { throw SiloError(errno, while: "removing \(path)", shard: entry.id) }
                report.cutByteCounts[entry.id] = length
            } else {
                report.damages.append(
                    .init(shard: entry.id, offset: 0, byteCount: UInt64(ShardHeader.byteCount), reason: error.message))
            }
            return nil
        }
    }

    private mutating func takeInSealed(
        _ file: ShardFile, _ header: ShardHeader, _ record: ShardRecord?
    ) throws(SiloError) {
        guard record?.isSealed != true else { return }
        let length = try file.byteCount()
        var end = length
        do {
            end = try benches.with { (bench) throws(SiloError) in try file.trailer(&bench.digest) }.indexOffset
        } catch {
            guard error.code == .damaged else { throw error }
            // The frames are found without it; where they end is damage then, which the scan reports.
        }
        let start = record?.byteCount ?? UInt64(ShardHeader.byteCount)
        let sealed = ShardRecord(header, byteCount: length, isSealed: true)
        try takeIn(file, start..<max(start, end), checksPayloads: false, done: { _ in sealed })
    }

    private mutating func takeInOpen(
        _ file: ShardFile, _ header: ShardHeader, _ record: ShardRecord?
    ) throws(SiloError) {
        let length = try file.byteCount()
        let start = record?.byteCount ?? UInt64(ShardHeader.byteCount)
        let end = try takeIn(file, start..<length, checksPayloads: true) { ShardRecord(header, byteCount: $0) }
        guard mayCut else { return }
        let shard = OpenShard(header, file: file, byteCount: end, disk: disk)
        if end < length {
            try shard.cutEnd()
            report.cutByteCounts[file.id] = length - end
        }
        // What is in the index has to be durable; before the crash nobody had waited for it.
        if end > start || end < length { try shard.sync() }
        open.append(shard)
    }

    /// Takes the frames in `range` into the index.
    ///
    /// Damage that is followed by a whole frame is reported and left where it is. The end of an open shard after its last
    /// whole frame is none: it is what a crash leaves.
    ///
    /// - Returns: where the last whole frame ends.
    @discardableResult
    private mutating func takeIn(
        _ file: ShardFile, _ range: Range<UInt64>, checksPayloads: Bool, done: (UInt64) -> ShardRecord
    ) throws(SiloError) -> UInt64 {
        var scanner = FrameScanner(file, range: range, readsPayloads: checksPayloads)
        var end = range.lowerBound
        let domain = done(end).domain
        var change = LocationChange()
        var suspects: [OpenReport.Damage] = []
        while let item = try scanner.next() {
            switch item {
            case .damage(let bytes, let reason):
                suspects.append(
                    .init(shard: file.id, offset: bytes.lowerBound, byteCount: UInt64(bytes.count), reason: reason))
            case .frame(let head, let offset):
                if checksPayloads, try scanner.payload(of: head, at: offset) == nil {
                    suspects.append(
                        .init(
                            shard: file.id, offset: offset, byteCount: UInt64(head.frameByteCount),
                            reason: "the checksum of a payload is wrong"))
                    continue
                }
                end = offset + UInt64(head.frameByteCount)
                report.damages += suspects
                suspects = []
                for index in head.blobs.indices {
                    change.added.append(
                        (
                            LocationKey(domain: domain, sha1: head.blobs[index].sha1),
                            Location(head, index: index, shard: file.id, offset: offset)
                        ))
                }
                if change.added.count >= Self.batchCount {
                    // Still open to the index, whatever it is: a crash here lets the rest be taken in later.
                    var record = done(end)
                    record.isSealed = false
                    record.byteCount = end
                    change.shards = [record]
                    try locations.commit(change)
                    change = LocationChange()
                }
            }
        }
        let record = done(end)
        if record.isSealed { report.damages += suspects }
        change.shards = [record]
        try locations.commit(change)
        return end
    }
}
