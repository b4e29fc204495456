import Events

/// Fills the frames of one new shard: those of the first generation around anchors, later ones as differences from the frames
/// that hold their predecessors.
struct RewriteFrames {
    private let target: RewriteTarget
    private let options: Silo.Options
    private let level: Int
    private var batch: [RewriteJob] = []
    private var batchByteCount = 0

    // The first generation.
    private var current: PendingFrame?
    private var anchor: RewriteJob.Anchor?
    private var groupByteCount = 0

    // A later one: frames that are being filled, by where their base stands.
    private var filling: [UInt64: PendingFrame] = [:]
    private var bases: [UInt64: FrameBase] = [:]
    private var fillingByteCount = 0
    private var useCount = 0

    /// Most frames that are being filled at once.
    private static let maximumFillingCount = 256

    init(_ target: RewriteTarget, _ options: Silo.Options, level: Int) {
        self.target = target
        self.options = options
        self.level = level
    }

    /// Takes in a blob with no predecessor here.
    mutating func add(_ content: [UInt8], _ entry: BlobEntry) throws(SiloError) {
        if content.count >= options.frameByteCount {
            let own = PendingFrame(domain: target.domain, capacity: content.count)
            content.withUnsafeBytes { own.append(entry, $0) }
            groupByteCount += content.count
            try queue(own)
        } else {
            if let frame = current, !frame.hasRoom(for: content.count) { try closeCurrent() }
            let frame =
                current
                ?? PendingFrame(
                    domain: target.domain, capacity: anchor == nil ? options.anchorByteCount : options.frameByteCount)
            current = frame
            content.withUnsafeBytes { frame.append(entry, $0) }
            groupByteCount += content.count
        }
        if groupByteCount >= options.anchorGroupByteCount { try closeGroup() }
    }

    /// Takes in a blob whose predecessor stands in the frame `base`.
    mutating func add(_ content: [UInt8], _ entry: BlobEntry, after base: FrameBase) throws(SiloError) {
        if let frame = filling[base.offset], !frame.hasRoom(for: content.count) { try close(base.offset) }
        while fillingByteCount + content.count > options.fillingByteCount || filling.count >= Self.maximumFillingCount,
            let oldest = filling.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            try close(oldest.key)
        }
        let frame =
            filling[base.offset]
            ?? PendingFrame(
                domain: target.domain, capacity: max(content.count, options.frameByteCount),
                base: (shard: target.shardID, frame: base))
        useCount += 1
        frame.lastUse = useCount
        content.withUnsafeBytes { frame.append(entry, $0) }
        filling[base.offset] = frame
        bases[base.offset] = base
        fillingByteCount += content.count
        if frame.byteCount >= options.frameByteCount { try close(base.offset) }
    }

    /// Writes what was taken in.
    mutating func flush() throws(SiloError) {
        try closeGroup()
        for offset in filling.sorted(by: { $0.value.lastUse < $1.value.lastUse }).map(\.key) { try close(offset) }
        try runBatch()
    }

    private mutating func close(_ offset: UInt64) throws(SiloError) {
        guard let frame = filling.removeValue(forKey: offset), let base = bases.removeValue(forKey: offset) else {
            return
        }
        fillingByteCount -= frame.byteCount
        try queue(RewriteJob(frame, base: .written(base)))
    }

    private mutating func closeCurrent() throws(SiloError) {
        guard let frame = current else { return }
        current = nil
        guard anchor == nil else { return try queue(frame) }
        anchor = try RewriteJob.Anchor(frame, level: level)
        try queue(RewriteJob(frame, base: nil, isAnchor: true))
    }

    private mutating func closeGroup() throws(SiloError) {
        try closeCurrent()
        try runBatch()
        anchor = nil
        groupByteCount = 0
        target.anchor = nil
    }

    private mutating func queue(_ frame: PendingFrame) throws(SiloError) {
        try queue(RewriteJob(frame, base: anchor.map { .anchor($0) }))
    }

    private mutating func queue(_ job: RewriteJob) throws(SiloError) {
        batch.append(job)
        batchByteCount += job.frame.byteCount
        if batchByteCount >= options.rewriteBatchByteCount { try runBatch() }
    }

    private mutating func runBatch() throws(SiloError) {
        defer {
            batch = []
            batchByteCount = 0
        }
        guard !batch.isEmpty else { return }
        try target.write(batch, level: level)
    }
}
