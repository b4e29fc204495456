import Events
import Synchronization

extension Writer {
    /// Makes durable what was put before the call, and names it in the location index; seals shards that are full.
    func flush() throws(SiloError) {
        try flushing.withLock { (_) throws(SiloError) in
            try flushLocked()
            try sealRetired()
        }
    }

    /// Ends writing. Compressors return.
    func close() throws(SiloError) {
        defer { monitor.withLock { $0.isClosed = true } }
        try flush()
        try locations.close()
    }

    func flushLocked() throws(SiloError) {
        try writeQueued()
        let (written, ends, hasNewName) = try monitor.withLock { (state) throws(SiloError) in
            try state.checkWritable()
            defer {
                state.written = []
                state.hasNewName = false
            }
            let changed = state.shards.values.filter { $0.publishedEnd != $0.flushedEnd }
            return (state.written, changed.map { (shard: $0.shard, end: $0.publishedEnd) }, state.hasNewName)
        }
        do {
            try stopping { () throws(SiloError) in
                for (shard, _) in ends { try shard.sync() }
                if hasNewName { try directory.sync(disk) }
            }
            guard !written.isEmpty || !ends.isEmpty else { return }
            try locations.commit(
                LocationChange(added: written, shards: ends.map { ShardRecord($0.shard.header, byteCount: $0.end) }))
        } catch {
            monitor.withLock { state in
                state.written = written + state.written
                state.hasNewName = state.hasNewName || hasNewName
            }
            throw error
        }
        monitor.withLock { state in
            for (key, _) in written { state.unflushed[key] = nil }
            for (shard, end) in ends { state.shards[shard.id]?.flushedEnd = end }
            state.generation += 1
        }
    }

    /// Writes every frame that was begun before the call, or waits for whoever does.
    private func writeQueued() throws(SiloError) {
        let bound = try monitor.withLock { (state) throws(SiloError) in
            try state.checkWritable()
            state.detachAll()
            return state.nextNumber
        }
        while true {
            while try writeNext(before: bound) {}
            // One that fails in another thread comes back to the queue; then it is tried, and told, here.
            let isDone = monitor.wait { state -> Bool? in
                if state.queue.contains(where: { $0.number < bound }) { return false }
                return state.inFlight.contains(where: { $0 < bound }) ? nil : true
            }
            if isDone { return }
        }
    }

    /// Runs what makes bytes durable; an error ends all writing.
    func stopping(_ body: () throws(SiloError) -> Void) throws(SiloError) {
        do {
            try body()
        } catch {
            monitor.withLock { $0.stopFailure = error }
            throw error
        }
    }
}
