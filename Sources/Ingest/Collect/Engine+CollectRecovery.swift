import EventLog
import Events
import Projections
import Silo
import State

extension Engine {
    /// Brings in order what was left when the process was lost: sealed shards that nobody recorded, deletions that were decided
    /// and not carried out, and files of shards that others have taken the place of. Called once, before any work.
    public func recover() async throws {
        try await recordSealed()
        if silo.openReport.hasRebuiltLocations {
            // An index that was made anew knows again what stands in a shard still, be it deleted or not.
            try forgetDeleted()
        } else {
            try forgetLastDeletion()
        }
        try forgetBodies(onlyLast: !silo.openReport.hasRebuiltLocations)
        try deleteCompacted()
    }

    /// Records the sealed shards that the log does not know.
    func recordSealed() async throws {
        let known = try state.read { view in
            Dictionary(
                try view.shards(includingCompacted: true).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
        for shard in try silo.shards() where shard.isSealed {
            // A number may have been given again; the content tells.
            if let row = known[shard.id], try !row.isCompacted || silo.sealedShard(shard.id).sha256 == row.contentHash {
                continue
            }
            try await append(sealed: [try silo.sealedShard(shard.id)], to: nil)
        }
    }

    private func deleteCompacted() throws {
        let compacted = try state.read { view in
            try view.shards(includingCompacted: true).filter(\.isCompacted).map { ($0.id, $0.contentHash) }
        }
        if compacted.isEmpty { return }
        let gone = Dictionary(compacted, uniquingKeysWith: { first, _ in first })
        // Where the index names something in one of them still, the next collection writes that anew.
        for shard in try silo.shards() where shard.isSealed && shard.blobCount == 0 {
            guard let hash = gone[shard.id], try silo.sealedShard(shard.id).sha256 == hash else { continue }
            try silo.delete([shard.id])
        }
    }

    private func forgetLastDeletion() throws {
        var last: LogPosition?
        try state.read { view in
            try view.forEachPosition(.kind(.blobsDeleted), descending: true) { position in
                last = position
                return false
            }
        }
        guard let last, let envelope = try log.read({ log in try log.envelope(at: last) }),
            case .blobsDeleted(let event) = envelope.event
        else { return }
        let domain = envelope.header.domain
        let hashes = try state.read { view in
            try event.blobs.map(\.hash).filter { try view.blob($0, in: domain)?.deleted == last }
        }
        try forget(hashes, in: domain)
    }

    private func forgetDeleted() throws {
        var deleted: [Domain: [SHA1Hash]] = [:]
        try state.read { view in
            try view.forEachBlob { blob in
                if blob.deleted != nil { deleted[blob.domain, default: []].append(blob.hash) }
                return true
            }
        }
        for (domain, hashes) in deleted.sorted(by: { $0.key < $1.key }) { try forget(hashes, in: domain) }
    }

    func forget(_ hashes: [SHA1Hash], in domain: Domain) throws {
        let there = try hashes.filter { hash in try silo.contains(hash, in: domain) != nil }
        if !there.isEmpty { try silo.forget(there, in: domain) }
    }
}
