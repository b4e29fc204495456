import EventLog
import Events
import Projections
import Silo
import State

extension Collection {
    /// Contents that one scan gathers before they are decided about.
    private static let scanCount = 65_536

    // MARK: - Releasing

    /// Releases every content that nothing names.
    mutating func releaseBlobs() async throws {
        let horizon = engine.pins.horizon
        var next: [UInt8]?
        repeat {
            let (found, resume) = try scan(from: next) { blob, held, _ in
                ReleasePolicy.mayRelease(
                    isReleasedByThisRun(blob), isHeld: held.contains(blob.hash, in: blob.domain), horizon: horizon)
            }
            next = resume
            report.released += UInt64(found.count)
            report.releasedBytes += found.reduce(0) { $0 + $1.size }
            tell(.contents, report.released)
            if options.isDryRun {
                if isDueAtOnce { try countDeletions(found) }
                continue
            }
            for (domain, blobs) in found.batches {
                try await append(.blobsReleased(BlobsReleased(blobs: blobs)), in: domain)
            }
        } while next != nil && mayGoOn()
    }

    /// Of a dry run: the row as it would be.
    private func isReleasedByThisRun(_ blob: BlobRow) -> BlobRow {
        guard options.isDryRun, let count = released[Pins.Key(domain: blob.domain, hash: blob.hash)] else {
            return blob
        }
        var blob = blob
        blob.references -= min(count, blob.references)
        return blob
    }

    private var isDueAtOnce: Bool { options.release.graceSeconds <= 0 && options.release.graceEvents == 0 }

    private mutating func countDeletions(_ blobs: [FoundBlob]) throws {
        report.deleted += UInt64(blobs.count)
        for blob in blobs {
            report.deletedBytes += blob.size
            report.bytesFreed += Int64(try engine.silo.contains(blob.hash, in: blob.domain)?.storedByteCount ?? 0)
        }
    }

    // MARK: - Deleting

    /// Deletes what was released long enough ago, once the files agree that nothing names it.
    mutating func deleteBlobs() async throws {
        let policy = options.release
        var next: [UInt8]?
        var isChecked = false
        repeat {
            let horizon = engine.pins.horizon
            // What was released a moment ago may be due already, where there is no grace.
            let now = max(now, engine.clock())
            let (due, resume) = try scan(from: next) { blob, _, count in
                // What is held by a pointer again is found here, and taken back.
                policy.mayDelete(blob, isHeld: false, horizon: horizon, at: now, count: count)
            }
            next = resume
            if due.isEmpty { continue }
            if !isChecked {
                isChecked = true
                tell(.comparing, 0)
                report.differences = try Sweep(engine, mayGoOn: options.mayGoOn).differences()
                if !report.differences.isEmpty { return }
            }
            try await restoreHeld(due)
            if options.isDryRun {
                try countDeletions(due.filter { !$0.isHeld })
                continue
            }
            for (domain, blobs) in due.filter({ !$0.isHeld }).batches {
                guard mayGoOn() else { return }
                try await delete(blobs, in: domain, releasedAt: due)
                tell(.deleting, report.deleted)
            }
        } while next != nil && mayGoOn()
    }

    /// What a pointer stands for that is named again is wanted again.
    private mutating func restoreHeld(_ due: [FoundBlob]) async throws {
        let held = due.filter(\.isHeld)
        report.restored += UInt64(held.count)
        if options.isDryRun { return }
        for (domain, blobs) in held.batches {
            try await append(.blobsRestored(BlobsRestored(blobs: blobs)), in: domain)
        }
    }

    private mutating func delete(_ blobs: [ReleasedBlob], in domain: Domain, releasedAt due: [FoundBlob]) async throws {
        let positions = Dictionary(
            due.filter { $0.domain == domain }.map { ($0.hash, $0.released) }, uniquingKeysWith: { first, _ in first })
        let sizes = Dictionary(blobs.map { ($0.hash, $0.size) }, uniquingKeysWith: { first, _ in first })
        let keys = blobs.compactMap { blob in
            (positions[blob.hash] ?? nil).map {
                (key: Pins.Key(domain: domain, hash: blob.hash), released: $0)
            }
        }
        let engine = engine
        let appended = try await engine.pins.delete(keys) { free -> (hashes: [SHA1Hash], isOpen: Bool) in
            // Nobody relies on any of them, and nobody can begin to: what the state says now stays so.
            let hashes = try engine.state.read { view in
                try free.map(\.hash).filter { hash in
                    guard let row = try view.blob(hash, in: domain), row.references == 0, let release = row.released
                    else { return false }
                    return release.position == (positions[hash] ?? nil)
                }
            }
            guard !hashes.isEmpty else { return ([], false) }
            let isOpen = try engine.isInOpenShard(hashes, domain)
            let event = BlobsDeleted(blobs: hashes.map { ReleasedBlob(hash: $0, size: sizes[$0] ?? 0) })
            let draft = EventDraft(.blobsDeleted(event), tenant: domain.owner, domain: domain)
            _ = try await engine.writer.append([draft], at: engine.clock())
            try engine.silo.forget(hashes, in: domain)
            return (hashes, isOpen)
        }
        if appended.isOpen { domainsWithHoles.insert(domain) }
        report.deleted += UInt64(appended.hashes.count)
        report.deletedBytes += appended.hashes.reduce(0) { $0 + (sizes[$1] ?? 0) }
    }

    // MARK: - Scanning

    /// A content that was found.
    struct FoundBlob {
        var domain: Domain
        var hash: SHA1Hash
        var size: UInt64
        var released: LogPosition?
        /// A pointer that is named stands for it.
        var isHeld: Bool
    }

    /// The next contents that `isWanted` says yes to, and where to go on.
    private func scan(
        from start: [UInt8]?, _ isWanted: (BlobRow, HeldContents, _ count: UInt64) -> Bool
    ) throws -> (found: [FoundBlob], next: [UInt8]?) {
        try engine.state.read { view in
            let held = try HeldContents(view)
            let count = try view.count
            var found: [FoundBlob] = []
            var next: [UInt8]?
            try view.forEachBlob(from: start) { blob in
                guard found.count < Self.scanCount else {
                    next = BlobRow.key(blob.domain, blob.hash)
                    return false
                }
                guard blob.domain != .webhooks, isWanted(blob, held, count) else { return true }
                found.append(
                    FoundBlob(
                        domain: blob.domain, hash: blob.hash, size: blob.stored?.size ?? 0,
                        released: blob.released?.position, isHeld: held.contains(blob.hash, in: blob.domain)))
                return true
            }
            return (found, next)
        }
    }
}

extension [Collection.FoundBlob] {
    /// By domain, as many as one event holds. They come in the order of domains and hashes.
    fileprivate var batches: [(domain: Domain, blobs: [ReleasedBlob])] {
        var batches: [(domain: Domain, blobs: [ReleasedBlob])] = []
        for blob in self {
            let entry = ReleasedBlob(hash: blob.hash, size: blob.size)
            if let last = batches.last, last.domain == blob.domain, last.blobs.count < ReleasedBlob.maximumCount {
                batches[batches.count - 1].blobs.append(entry)
            } else {
                batches.append((blob.domain, [entry]))
            }
        }
        return batches
    }
}

extension Engine {
    /// Whether one of the contents stands in a shard that is not sealed yet.
    func isInOpenShard(_ hashes: [SHA1Hash], _ domain: Domain) throws -> Bool {
        let open = Set(try silo.shards().filter { !$0.isSealed }.map(\.id))
        if open.isEmpty { return false }
        return try hashes.contains { hash in try silo.contains(hash, in: domain)?.shard.map(open.contains) ?? false }
    }
}
