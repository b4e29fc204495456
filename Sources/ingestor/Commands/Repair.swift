import Events
import Ingest
import Projections
import Queries
import Silo
import State

/// Fetches damaged contents again, from the sources that have them.
struct Repair {
    let context: Context
    let store: WriteStore

    /// - Returns: the damage, with what could be repaired marked so.
    func carryOut(_ damage: [Verify.Damage]) async throws -> [Verify.Damage] {
        var sources: Set<RepositoryID> = []
        for finding in damage {
            guard let hash = finding.hash, let domain = finding.domain else { continue }
            try store.reader.silo.forget(hash, in: domain)
            try store.reader.state.read { view in
                try view.forEachReference(to: hash, in: domain) { reference in
                    if let row = try view.repository(reference.repository), !row.isRemoved {
                        sources.insert(reference.repository)
                    }
                    return true
                }
            }
        }
        let presenter = SyncPresenter(context, count: sources.count)
        try await store.engine.sync(
            sources.sorted(), reason: .repair, progress: { presenter.progress($0) },
            completed: { id, result in
                guard case .failure(let error) = result else { return }
                if error is CancellationError { throw error }
                presenter.show(error, of: try store.reader.queries.repository(id))
            })
        context.output.clearProgress()
        var result = damage
        for index in result.indices {
            guard let hash = result[index].hash, let domain = result[index].domain else { continue }
            do {
                try store.reader.silo.read(hash, in: domain) { _ in }
            } catch is SiloError {
                continue  // It stays damage: no source that is watched has it any more.
            }
            result[index].isRepaired = true
            if let shard = try store.reader.silo.contains(hash, in: domain)?.shard {
                try await store.record(.blobRepaired(BlobRepaired(hash: hash, shard: shard)), in: domain)
            }
        }
        return result
    }
}
