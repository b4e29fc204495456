import EventLog
import Events
import Projections
import State

extension Collection {
    /// Takes back what was released: contents that are there still, and the versions that name them. What is not wanted by the
    /// settings is released again by the next collection, with a grace of its own.
    mutating func undo() async throws {
        try await restoreVersions()
        try await restoreBlobs()
    }

    private mutating func restoreVersions() async throws {
        for decision in try openDecisions() {
            let (event, repository) = (decision.event, decision.repository)
            report.versionsRestored += UInt64(decision.versions.count)
            report.restored += try waiting(decision.versions, decision.domain)
            if options.isDryRun { continue }
            let draft = EventDraft(
                .versionsRestored(VersionsRestored(ref: event.ref, versions: decision.versions)),
                tenant: decision.tenant, domain: decision.domain, of: repository)
            _ = try await engine.writer.append([draft], at: engine.clock())
        }
    }

    private struct Decision {
        var event: VersionsReleased
        var repository: RepositoryID
        var tenant: TenantID
        var domain: Domain
        /// Those that can be taken back.
        var versions: [ReleasedVersion] = []
    }

    /// Releases of versions that can be taken back, the oldest first. Of those whose grace is over, only what waits still is: the
    /// rest went, or is named by others too.
    private func openDecisions() throws -> [Decision] {
        let policy = options.release
        let now = now
        return try engine.log.read { log in
            try engine.state.read { view in
                let count = try view.count
                var found: [Decision] = []
                try view.forEachPosition(.kind(.versionsReleased), descending: true) { position in
                    guard let envelope = try log.envelope(at: position),
                        case .versionsReleased(let event) = envelope.event,
                        let repository = envelope.header.repository
                    else { return true }
                    let release = BlobRow.Release(position: position, at: envelope.header.time)
                    let isDue = policy.isDue(release, at: now, count: count)
                    var decision = Decision(
                        event: event, repository: repository, tenant: envelope.header.tenant,
                        domain: envelope.header.domain)
                    decision.versions = try event.versions.filter { entry in
                        let version = try view.file(
                            repository, ref: event.ref, path: entry.path, asOf: entry.version.position)
                        guard version?.version == entry.version, version?.released == position else { return false }
                        guard let hash = entry.hash else { return !isDue }
                        let blob = try view.blob(hash, in: decision.domain)
                        return isDue ? blob?.released != nil : blob?.stored != nil
                    }
                    if !decision.versions.isEmpty { found.append(decision) }
                    return true
                }
                return found.reversed()
            }
        }
    }

    /// How many of the contents of these versions are released.
    private func waiting(_ versions: [ReleasedVersion], _ domain: Domain) throws -> UInt64 {
        try engine.state.read { view in
            var hashes: Set<SHA1Hash> = []
            for case let hash? in versions.map(\.hash) where try view.blob(hash, in: domain)?.released != nil {
                hashes.insert(hash)
            }
            return UInt64(hashes.count)
        }
    }

    /// The rest: contents that no version ever named, or none that could be taken back.
    private mutating func restoreBlobs() async throws {
        var rest: [Domain: [ReleasedBlob]] = [:]
        try engine.state.read { view in
            try view.forEachBlob { blob in
                guard blob.released != nil, let stored = blob.stored else { return true }
                rest[blob.domain, default: []].append(ReleasedBlob(hash: blob.hash, size: stored.size))
                return true
            }
        }
        for (domain, blobs) in rest.sorted(by: { $0.key < $1.key }) {
            report.restored += UInt64(blobs.count)
            if options.isDryRun { continue }
            for start in stride(from: 0, to: blobs.count, by: ReleasedBlob.maximumCount) {
                let part = Array(blobs[start..<min(start + ReleasedBlob.maximumCount, blobs.count)])
                try await append(.blobsRestored(BlobsRestored(blobs: part)), in: domain)
            }
        }
    }
}
