import Events
import Ingest
import Queries

/// Fetches damaged contents again, from the sources that have them.
struct Repair {
    let context: Context
    let store: WriteStore

    /// - Returns: the damage, with what could be repaired marked so.
    func carryOut(_ damage: [Verify.Damage]) async throws -> [Verify.Damage] {
        let contents = damage.compactMap { finding in
            finding.hash.flatMap { hash in finding.domain.map { (hash: hash, domain: $0) } }
        }
        let sources = try store.engine.releaseDamaged(contents)
        let presenter = SyncPresenter(context, count: sources.count)
        try await store.engine.sync(
            sources, reason: .repair, progress: { presenter.progress($0) },
            completed: { id, result in
                guard case .failure(let error) = result else { return }
                if error is CancellationError { throw error }
                presenter.show(error, of: try store.reader.queries.repository(id))
            })
        context.output.clearProgress()
        var result = damage
        for index in result.indices {
            guard let hash = result[index].hash, let domain = result[index].domain else { continue }
            result[index].isRepaired = try await store.engine.confirmRepair(hash, in: domain)
        }
        return result
    }
}
