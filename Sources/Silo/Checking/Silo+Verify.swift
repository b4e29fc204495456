public import Events

extension Silo {
    /// Reads every byte that is flushed: checksums of frames, both hashes of every blob, indexes of sealed shards against
    /// their frames, the location index against all of them. Writing may go on meanwhile.
    ///
    /// - Parameters:
    ///   - ids: the shards to be looked at; nil for all.
    ///   - sealedHashes: what the log says of sealed shards' SHA-256. Others are held against what the index remembers.
    ///   - progress: is told about every frame group of some MiB.
    /// - Returns: the findings; none means that all is as it was written.
    /// - Throws: `SiloError` where something cannot be read at all. A key that is missing is no error: what it has sealed is
    ///   checked as it stands in the files, and named as closed.
    public func verify(
        _ ids: [ShardID]? = nil, sealedHashes: [ShardID: SHA256Hash] = [:],
        progress: (VerifyProgress) -> Void = { _ in }
    ) throws(SiloError) -> VerifyReport {
        try verification(ids, sealedHashes: sealedHashes).check(progress: progress)
    }

    /// The same in shares, for whoever has several threads for it.
    public func verification(
        _ ids: [ShardID]? = nil, sealedHashes: [ShardID: SHA256Hash] = [:]
    ) throws(SiloError) -> Verification {
        let records = try locations.shards()
        let entries = try directory.list().filter { ids?.contains($0.id) ?? true }
        return Verification(
            silo: self, ids: ids, sealedHashes: sealedHashes, records: records, entries: entries)
    }
}

/// What is to be verified: the shards as they were when it was begun.
public struct Verification: Sendable {
    let silo: Silo
    let ids: [ShardID]?
    let sealedHashes: [ShardID: SHA256Hash]
    let records: [ShardID: ShardRecord]
    let entries: [ShardDirectory.Entry]

    /// Checks one share of everything. All shares together are the whole, and each may have a thread of its own.
    ///
    /// - Throws: `SiloError`, as ``Silo/verify(_:sealedHashes:progress:)``.
    public func check(
        _ share: VerifyShare = .whole, progress: (VerifyProgress) -> Void = { _ in }
    ) throws(SiloError) -> VerifyReport {
        var report = VerifyReport()
        if share.isFirst { report.findings = missing() }
        let total = entries.reduce(0) { $0 + Int(records[$1.id]?.byteCount ?? 0) }
        var checked = 0
        for entry in entries {
            var verifier = try ShardVerifier(
                entry, record: records[entry.id], sealedHash: sealedHashes[entry.id], share: share,
                directory: silo.directory, locations: silo.locations, reader: silo.reader)
            try silo.benches.with { (bench) throws(SiloError) in
                try verifier.run(bench) { offset in
                    progress(
                        .init(shard: entry.id, checkedByteCount: checked + Int(offset), totalByteCount: total))
                }
            }
            checked += verifier.storedByteCount
            report.add(verifier, isCounted: share.isFirst)
        }
        return report
    }

    private func missing() -> [VerifyReport.Finding] {
        let present = Set(entries.map(\.id))
        return records.keys.sorted().filter { !present.contains($0) && ids?.contains($0) ?? true }.map { id in
            .init(
                code: .missing, shard: id, domain: records[id]?.domain,
                message: "the file of shard \(id.rawValue) is missing from \(silo.directory.path)")
        }
    }
}

/// One of several equal parts of a verification.
public struct VerifyShare: Sendable, Equatable {
    let index: Int
    let count: Int

    public static let whole = VerifyShare(index: 0, count: 1)

    /// All shares of a whole that is cut into `count`, at least one.
    public static func all(_ count: Int) -> [VerifyShare] {
        (0..<max(count, 1)).map { VerifyShare(index: $0, count: max(count, 1)) }
    }

    /// What is looked at once is looked at with the first share.
    var isFirst: Bool { index == 0 }
    /// Whoever has less to do otherwise.
    var isLast: Bool { index == count - 1 }

    /// Whether the contents of a shard's frame are in this share.
    func takes(frame number: Int) -> Bool { number % count == index }
}

extension VerifyReport {
    fileprivate mutating func add(_ verifier: ShardVerifier, isCounted: Bool) {
        findings += verifier.findings
        if let closed = verifier.closed, isCounted { self.closed.append(closed) }
        if isCounted {
            shardCount += 1
            storedByteCount += verifier.storedByteCount
        }
        blobCount += verifier.blobCount
        rawByteCount += verifier.rawByteCount
    }

    /// Takes in what another share came to.
    public mutating func add(_ other: VerifyReport) {
        findings += other.findings
        closed += other.closed
        shardCount += other.shardCount
        blobCount += other.blobCount
        rawByteCount += other.rawByteCount
        storedByteCount += other.storedByteCount
    }
}
