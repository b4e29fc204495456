import Events

extension Writer {
    /// Compresses and writes the next frame of the queue.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func writeNext(before bound: Int = .max) throws(SiloError) -> Bool {
        guard let frame = monitor.withLock({ $0.take(before: bound) }) else { return false }
        do {
            try write(frame)
        } catch {
            monitor.withLock { $0.giveBack(frame, error) }
            throw error
        }
        return true
    }

    /// Takes frames from the queue until the store is closed; waits where there is none.
    func compressUntilClosed() {
        monitor.withLock { $0.compressorCount += 1 }
        defer { monitor.withLock { $0.compressorCount -= 1 } }
        while true {
            let next: Work = monitor.wait { state in
                if state.isClosed { return .end }
                if state.writeFailure == nil, let frame = state.take() { return .frame(frame) }
                guard let batch = state.batches.first, let job = batch.next(&state) else { return nil }
                return .job(job, batch)
            }
            switch next {
            case .end: return
            case .job(let job, let batch): work(on: job, of: batch)
            case .frame(let frame):
                do {
                    try write(frame)
                } catch {
                    monitor.withLock { $0.giveBack(frame, error) }
                }
            }
        }
    }

    private enum Work {
        case frame(PendingFrame)
        case job(RewriteJob, RewriteBatch)
        case end
    }

    private func write(_ frame: PendingFrame) throws(SiloError) {
        let shard = try acquire(frame.domain)
        defer { release(shard) }
        let base = try base(of: frame, in: shard)
        try benches.with { (bench) throws(SiloError) in
            let encoded = try bench.encode(
                frame.bytes, prefix: base?.content, level: level(of: frame, isDifference: base != nil),
                blockByteCount: options.blockByteCount)
            let link = encoded.isDifference ? base?.frame : nil
            var head = FrameHead(
                kind: .blobs, encoding: encoded.encoding, rawByteCount: frame.byteCount,
                storedByteCount: encoded.bytes.count, payloadChecksum: 0, base: link?.reference, blobs: frame.blobs)
            try shard.append(&head, encoded.bytes, &bench.digest) { offset, head in
                monitor.withLock { state in
                    state.publish(head, in: shard, at: offset, base: link, number: frame.number)
                    state.writeFailure = nil
                }
            }
        }
    }

    private func level(of frame: PendingFrame, isDifference: Bool) -> Int {
        switch options.effort {
        case .light: return options.compressionLevel
        case .hard: return options.hardCompressionLevel
        case .standard: break
        }
        if frame.isUrgent || frame.burstByteCount >= options.bulkByteCount { return options.compressionLevel }
        guard frame.burstByteCount <= options.smallByteCount else { return options.mediumCompressionLevel }
        return isDifference
            ? min(options.smallCompressionLevel, options.differenceCompressionLevel) : options.smallCompressionLevel
    }

    /// What the frame is to be a difference from, decoded; nil where nothing is, or it stands in another shard by now.
    private func base(
        of frame: PendingFrame, in shard: OpenShard
    ) throws(SiloError) -> (frame: FrameBase, content: DecodedFrame)? {
        guard let base = frame.base, base.shard == shard.id else { return nil }
        do {
            return (base.frame, try reader.base(shard.file, at: base.frame.reference))
        } catch {
            // Nothing new is built on damage; whoever verifies finds it.
            guard error.code == .damaged else { throw error }
            return nil
        }
    }
}
