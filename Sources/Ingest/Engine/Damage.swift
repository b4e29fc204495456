import EventLog
public import Events
import Projections
import Silo
import State

extension Engine {
    /// Records that a content which should be readable is not.
    public func recordDamage(_ hash: SHA1Hash, in domain: Domain, shard: ShardID, code: String) async throws {
        try await append(.blobCorrupted(BlobCorrupted(hash: hash, shard: shard, code: code)), in: domain)
    }

    /// Lets go of damaged contents, so that they are taken anew, and tells which sources may still have them.
    ///
    /// - Returns: repositories that are watched and refer to one of them.
    public func releaseDamaged(_ contents: [(hash: SHA1Hash, domain: Domain)]) throws -> [RepositoryID] {
        var sources: Set<RepositoryID> = []
        for (hash, domain) in contents {
            try silo.forget([hash], in: domain)
            try state.read { view in
                try view.forEachReference(to: hash, in: domain) { reference in
                    if let row = try view.repository(reference.repository), !row.isRemoved {
                        sources.insert(reference.repository)
                    }
                    return true
                }
            }
        }
        return sources.sorted()
    }

    /// Whether a content that was damaged can be read again. If so, that is recorded.
    public func confirmRepair(_ hash: SHA1Hash, in domain: Domain) async throws -> Bool {
        do {
            try silo.read(hash, in: domain) { _ in }
        } catch is SiloError {
            return false  // It stays damage: no source that is watched has it any more.
        }
        guard let shard = try silo.contains(hash, in: domain)?.shard else { return false }
        try await append(.blobRepaired(BlobRepaired(hash: hash, shard: shard)), in: domain)
        return true
    }

    private func append(_ event: Event, in domain: Domain) async throws {
        let draft = EventDraft(event, tenant: domain.owner, domain: domain)
        _ = try await writer.append([draft], at: clock())
    }
}
