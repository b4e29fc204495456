public import Events

extension Silo {
    /// Reads every byte that is flushed: checksums of frames, both hashes of every blob, indexes of sealed shards against
    /// their frames, the location index against all of them. Writing may go on meanwhile.
    ///
    /// - Parameters:
    ///   - ids: the shards to be looked at; nil for all. Several calls may run at once.
    ///   - sealedHashes: what the log says of sealed shards' SHA-256. Others are held against what the index remembers.
    ///   - progress: is told about every frame group of some MiB.
    /// - Returns: the findings; none means that all is as it was written.
    /// - Throws: `SiloError` where something cannot be read at all. A key that is missing is no error: what it has sealed is
    ///   checked as it stands in the files, and named as closed.
    public func verify(
        _ ids: [ShardID]? = nil, sealedHashes: [ShardID: SHA256Hash] = [:],
        progress: (VerifyProgress) -> Void = { _ in }
    ) throws(SiloError) -> VerifyReport {
        var report = VerifyReport()
        let records = try locations.shards()
        let entries = try directory.list().filter { ids?.contains($0.id) ?? true }
        let present = Set(entries.map(\.id))
        for id in records.keys.sorted() where !present.contains(id) && ids?.contains(id) ?? true {
            report.findings.append(
                .init(
                    code: .missing, shard: id, domain: records[id]?.domain,
                    message: "the file of shard \(id.rawValue) is missing from \(directory.path)"))
        }
        let total = entries.reduce(0) { $0 + Int(records[$1.id]?.byteCount ?? 0) }
        for entry in entries {
            let before = report.storedByteCount
            var verifier = try ShardVerifier(
                entry, record: records[entry.id], sealedHash: sealedHashes[entry.id], directory: directory,
                locations: locations, reader: reader)
            try benches.with { (bench) throws(SiloError) in
                try verifier.run(bench) { offset in
                    progress(
                        .init(shard: entry.id, checkedByteCount: before + Int(offset), totalByteCount: total))
                }
            }
            report.add(verifier)
        }
        return report
    }
}

extension VerifyReport {
    fileprivate mutating func add(_ verifier: ShardVerifier) {
        findings += verifier.findings
        if let closed = verifier.closed { self.closed.append(closed) }
        shardCount += 1
        blobCount += verifier.blobCount
        rawByteCount += verifier.rawByteCount
        storedByteCount += verifier.storedByteCount
    }
}
