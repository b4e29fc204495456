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
        let decisions = try openDecisions()
        for position in decisions {
            guard let envelope = try engine.log.read({ log in try log.envelope(at: position) }),
                case .versionsReleased(let event) = envelope.event, let repository = envelope.header.repository
            else { continue }
            let domain = envelope.header.domain
            let versions = try engine.state.read { view in
                try event.versions.filter { entry in
                    let versions = try view.file(
                        repository, ref: event.ref, path: entry.path, asOf: entry.version.position)
                    guard let version = versions, version.version == entry.version, version.released == position else {
                        return false
                    }
                    guard let hash = entry.hash else { return true }
                    return try view.blob(hash, in: domain)?.stored != nil
                }
            }
            report.versionsRestored += UInt64(versions.count)
            if versions.isEmpty || options.isDryRun { continue }
            let draft = EventDraft(
                .versionsRestored(VersionsRestored(ref: event.ref, versions: versions)),
                tenant: envelope.header.tenant, domain: domain, of: repository)
            report.restored += try waiting(versions, domain)
            _ = try await engine.writer.append([draft], at: engine.clock())
        }
    }

    /// Releases of versions that no deletion has followed upon yet: those after the last deletion, and earlier ones whose
    /// grace is not over.
    private func openDecisions() throws -> [LogPosition] {
        let policy = options.release
        let now = now
        return try engine.log.read { log in
            try engine.state.read { view in
                let count = try view.count
                var found: [LogPosition] = []
                try view.forEachPosition(.kind(.versionsReleased), descending: true) { position in
                    guard let header = try log.header(at: position) else { return false }
                    let release = BlobRow.Release(position: position, at: header.time)
                    var isOpen = !policy.isDue(release, at: now, count: count)
                    if !isOpen, case .versionsReleased(let event) = try log.envelope(at: position)?.event {
                        isOpen = try event.versions.contains { version in
                            try version.hash.flatMap { try view.blob($0, in: header.domain)?.released } != nil
                        }
                    }
                    if isOpen { found.append(position) }
                    return isOpen
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
