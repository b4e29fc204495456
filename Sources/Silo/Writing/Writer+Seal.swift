import Events
import Glibc
import Synchronization

extension Writer {
    /// Seals the domain's open shard.
    ///
    /// - Returns: nil where none is open.
    func seal(_ domain: Domain) throws(SiloError) -> SealedShard? {
        try flushing.withLock { (_) throws(SiloError) in
            try flushLocked()
            let retired = try monitor.withLock { (state) throws(SiloError) -> ShardID? in
                guard let id = state.current[domain], let record = state.shards[id] else { return nil }
                guard record.streams == 0 else {
                    throw SiloError(
                        .busy, "shard \(id.rawValue) cannot be sealed while a stream is being written to it", shard: id)
                }
                state.current[domain] = nil
                state.shards[id]?.isRetired = true
                return id
            }
            guard let id = retired else { return nil }
            // What others had begun to append meanwhile still goes in.
            monitor.wait { state in state.shards[id]?.users == 0 ? () : nil }
            try flushLocked()
            try sealRetired()
            return monitor.withLock { state in
                guard let index = state.sealed.firstIndex(where: { $0.id == id }) else { return nil }
                return state.sealed.remove(at: index)
            }
        }
    }

    func drainSealed() -> [SealedShard] {
        monitor.withLock { state in
            defer { state.sealed = [] }
            return state.sealed
        }
    }

    /// Seals the shards that take no more frames, where nobody is at work on them.
    func sealRetired() throws(SiloError) {
        let ready = monitor.withLock { state in
            for (domain, id) in state.current {
                guard let record = state.shards[id], record.publishedEnd >= UInt64(options.shardByteCount) else {
                    continue
                }
                state.shards[id]?.isRetired = true
                state.current[domain] = nil
            }
            return state.shards.values
                .filter { $0.isRetired && $0.users == 0 && $0.streams == 0 && $0.publishedEnd == $0.flushedEnd }
                .map(\.shard).sorted { $0.id < $1.id }
        }
        for shard in ready { try seal(shard) }
    }

    private func seal(_ shard: OpenShard) throws(SiloError) {
        let sealed = try end(shard, at: directory.path(of: shard.id, isSealed: false))
        // The shard is sealed from here on; what fails below is made good when the store is opened again.
        monitor.withLock { state in
            state.shards[shard.id] = nil
            state.links[shard.id] = nil
            state.sealed.append(sealed)
        }
        try stopping { () throws(SiloError) in try directory.sync(disk) }
        try locations.commit(LocationChange(shards: [ShardRecord(shard.header, sealed)]))
    }

    /// Gives a shard to which nobody appends its end and its last name. The name is durable after a sync of the directory.
    func end(_ shard: OpenShard, at path: String) throws(SiloError) -> SealedShard {
        let end = shard.byteCount
        let index = try ShardIndex(scanning: shard.file, end: end)
        let sealed = try benches.with { (bench) throws(SiloError) in
            try shard.appendEnd(index.encode(at: end, &bench.digest))
            try stopping { () throws(SiloError) in try shard.sync() }
            return SealedShard(
                id: shard.id, domain: shard.header.domain, sha256: try shard.file.contentHash(&bench.digest),
                byteCount: Int(try shard.file.byteCount()), blobCount: index.blobCount,
                rawByteCount: index.rawByteCount, createdAt: shard.header.createdAt)
        }
        guard disk.rename(path, directory.path(of: shard.id, isSealed: true)) == 0 else {
            throw SiloError(errno, while: "renaming \(path)", shard: shard.id)
        }
        return sealed
    }
}

extension ShardRecord {
    init(_ header: ShardHeader, _ sealed: SealedShard) {
        self.init(header, byteCount: UInt64(sealed.byteCount), isSealed: true)
        sha256 = sealed.sha256
    }
}

extension ShardIndex {
    /// The index of the frames that stand in a shard up to `end`. What is damaged is left out.
    init(scanning file: ShardFile, end: UInt64) throws(SiloError) {
        self.init()
        var scanner = FrameScanner(file, range: UInt64(ShardHeader.byteCount)..<end, readsPayloads: false)
        while let item = try scanner.next() {
            if case .frame(let head, let offset) = item { append(head, at: offset) }
        }
    }
}
