import Events

extension Writer {
    private enum Outcome {
        case put(Put)
        /// Blobs have moved to the location index since it was asked.
        case askAgain
        /// `hasQueued`: a frame waits for being compressed; `isOurs`: nobody else does it.
        case accepted(hasQueued: Bool, isOurs: Bool)

        var hasQueued: Bool { if case .accepted(true, _) = self { true } else { false } }
    }

    func put(
        _ bytes: UnsafeRawBufferPointer, hashedAs sha1: SHA1Hash?, in domain: Domain, _ hint: PutHint
    ) throws(SiloError) -> Put {
        let entry = benches.with { bench in
            if let sha1 {
                BlobEntry(sha1: sha1, sha256: bench.sha256(bytes), byteCount: bytes.count)
            } else {
                bench.hasher.hash(bytes)
            }
        }
        return try put(bytes, entry, in: domain, hint)
    }

    /// Puts a blob whose hashes the caller has computed.
    func put(
        _ bytes: UnsafeRawBufferPointer, _ entry: BlobEntry, in domain: Domain, _ hint: PutHint = PutHint()
    ) throws(SiloError) -> Put {
        if bytes.count > options.partByteCount {
            let stream = try stream(in: domain, byteCount: bytes.count, expecting: entry.sha1, known: entry)
            try stream.write(bytes)
            return try stream.finish()
        }
        try makeRoom()
        let key = LocationKey(domain: domain, sha1: entry.sha1)
        while true {
            let generation = monitor.read { $0.generation }
            if let found = try find(key) { return Self.compare(found, entry) }
            let base = try base(for: entry, after: hint.predecessor, in: domain)
            switch try accept(bytes, entry, key, base, hint.burstByteCount, generation) {
            case .put(let put): return put
            case .askAgain: continue
            case .accepted(let hasQueued, let isOurs):
                if hasQueued && isOurs { try writeNext() }
                return .stored(BlobInfo(entry))
            }
        }
    }

    /// What putting `entry` comes to where `found` has its SHA-1.
    static func compare(_ found: Unflushed, _ entry: BlobEntry) -> Put {
        let existing: BlobInfo
        switch found {
        case .pending(let frame, let index): existing = BlobInfo(frame.blobs[index])
        case .written(let location): existing = BlobInfo(entry.sha1, location)
        }
        return existing.sha256 == entry.sha256
            ? .present(existing) : .conflict(existing: existing, offered: entry.sha256)
    }

    private func accept(
        _ bytes: UnsafeRawBufferPointer, _ entry: BlobEntry, _ key: LocationKey,
        _ base: (shard: ShardID, frame: FrameBase)?, _ burstByteCount: Int, _ generation: Int
    ) throws(SiloError) -> Outcome {
        try monitor.withLock(wakingIf: \.hasQueued) { (state) throws(SiloError) -> Outcome in
            try state.checkWritable()
            guard state.generation == generation else { return .askAgain }
            if let found = state.unflushed[key] { return .put(Self.compare(found, entry)) }
            let queued = state.queue.count
            let frame = frame(for: bytes.count, key.domain, base, &state)
            frame.append(entry, bytes)
            frame.burstByteCount = max(frame.burstByteCount, burstByteCount)
            state.unflushed[key] = .pending(frame, index: frame.blobs.count - 1)
            if bytes.count >= options.frameByteCount { state.enqueue(frame) }
            return .accepted(hasQueued: state.queue.count > queued, isOurs: state.compressorCount == 0)
        }
    }

    /// The frame that a blob of `count` bytes goes to; a large one gets its own.
    private func frame(
        for count: Int, _ domain: Domain, _ base: (shard: ShardID, frame: FrameBase)?, _ state: inout WriterState
    ) -> PendingFrame {
        guard count < options.frameByteCount else { return PendingFrame(domain: domain, capacity: count, base: base) }
        var group = FrameGroup(domain: domain)
        if let base { (group.shard, group.base) = (base.shard, base.frame.offset) }
        return state.frame(for: count, group, base: base, options)
    }

    /// Holds the caller up while too much waits: he compresses or flushes first.
    private func makeRoom() throws(SiloError) {
        while true {
            let (isQueueFull, needsFlush) = try monitor.read { (state) throws(SiloError) in
                try state.checkWritable()
                return (
                    state.queuedByteCount >= options.maximumQueuedByteCount,
                    state.unflushed.count >= options.maximumUnflushedBlobCount
                )
            }
            if needsFlush {
                try flush()
            } else if isQueueFull {
                try writeNext()
            } else {
                return
            }
        }
    }
}
