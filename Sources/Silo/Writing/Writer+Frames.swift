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
            let next: PendingFrame?? = monitor.wait { state in
                if state.isClosed { return .some(nil) }
                guard state.writeFailure == nil else { return nil }
                return state.take().map { .some($0) }
            }
            guard let frame = next ?? nil else { return }
            do {
                try write(frame)
            } catch {
                monitor.withLock { $0.giveBack(frame, error) }
            }
        }
    }

    private func write(_ frame: PendingFrame) throws(SiloError) {
        try benches.with { (bench) throws(SiloError) in
            let (encoding, payload) = try bench.encode(frame.bytes)
            let shard = try acquire(frame.domain)
            defer { release(shard) }
            var head = FrameHead(
                kind: .blobs, encoding: encoding, rawByteCount: frame.byteCount, storedByteCount: payload.count,
                payloadChecksum: 0, blobs: frame.blobs)
            try shard.append(&head, payload, &bench.digest) { offset, head in
                monitor.withLock { state in
                    state.publish(head, in: shard, at: offset, number: frame.number)
                    state.writeFailure = nil
                }
            }
        }
    }
}
