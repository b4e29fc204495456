import EventLog
public import Events
import Projections
import Silo
import State

/// Forgetting a tenant. The decision is an event; what it means on the disk is carried out afterwards, and can be cut
/// anywhere and begun again.
extension Engine {
    /// Decides that a tenant be forgotten: nothing of it is watched any more, its access is revoked, and then
    /// `TenantErased` says so. Where that stands already, only what is left over is taken away.
    ///
    /// - Parameter revoke: takes a credential back, and deletes its secret.
    /// - Throws: `IngestError` (busy) while a sync of one of its repositories is under way: then it is called again.
    public func eraseTenant(
        _ id: TenantID, revoke: (LogPosition) async throws -> Void
    ) async throws -> TenantErased {
        guard let tenant = try state.read({ view in try view.tenant(id) }) else {
            throw IngestError(.unknownTenant, "there is no tenant \(id.rawValue): `tenant list` shows those that exist")
        }
        let (repositories, credentials, tokens) = try state.read { view in
            (
                try view.repositories(of: id), try view.credentials(of: id),
                try view.tokens(of: id)
            )
        }
        for repository in repositories { try await unwatch(repository.id) }
        for credential in credentials { try await revoke(credential.id) }
        for token in tokens { try await revokeToken(token.id, of: id) }
        let event = TenantErased(
            id: id, repositories: UInt64(repositories.count), credentials: UInt64(credentials.count),
            tokens: UInt64(tokens.count))
        guard !tenant.isErased else { return event }
        // What was put and not written yet cannot be encrypted once the key is gone.
        _ = try silo.seal(.tenant(id))
        try await recordSealed()
        _ = try await writer.append([EventDraft(.tenantErased(event), tenant: id)], at: clock())
        // Something may have been added while the rest was taken away.
        for repository in try state.read({ view in try view.repositories(of: id) }) {
            try await unwatch(repository.id)
        }
        signal.fire()
        return event
    }

    /// As removing it, but for its name, which is not recorded once more: that works without the tenant's key too.
    private func unwatch(_ id: RepositoryID) async throws {
        try await exclusion.hold(id) {
            try await decide(on: id) { row in
                EventDraft(
                    .repositoryRemoved(
                        RepositoryRemoved(locator: Locator(provider: row.locator.provider, source: []))),
                    tenant: row.tenant, domain: row.domain)
            }
            for job in try state.read({ view in try view.jobs(of: id) }) {
                let dropped = Event.jobDropped(JobDropped(job: job.id, reason: .repository))
                let draft = EventDraft(
                    dropped, tenant: job.tenant, domain: job.domain, repository: .position(LogPosition(id.rawValue)),
                    correlation: .position(job.id))
                _ = try await writer.append([draft], at: clock())
            }
        }
    }

    /// Deletes what the store and the folders beside it hold of a tenant: its shards, the bodies of reports that were its alone,
    /// and what was fetched or kept of its sources.
    ///
    /// - Parameter key: the one that sealed what was its.
    public func eraseContents(of id: TenantID, key: KeyID) async throws {
        try await collecting.hold {
            let domain = Domain.tenant(id)
            _ = try silo.seal(domain)
            try await recordSealed()
            try await recordDeletion(of: try silo.shards().filter { $0.domain == domain }.map(\.id), domain)
            try silo.erase(domain)
            try await eraseBodies(sealedWith: key)
        }
        for repository in try state.read({ view in try view.repositories(of: id, includingRemoved: true) }) {
            try removeScratch("\(options.spoolDirectory)/\(repository.id.rawValue)")
            if let cache = options.cacheDirectory { try removeScratch("\(cache)/\(repository.id.rawValue)") }
        }
    }

    /// Says that shards are no more, before they go.
    private func recordDeletion(
        of shards: [ShardID], writing written: [SealedShard] = [], moved: Int = 0, _ domain: Domain
    ) async throws {
        guard !shards.isEmpty else { return }
        let compacted = ShardCompacted(
            replaced: shards.sorted(), written: written.map(\.id), effort: .standard, moved: UInt64(moved), dropped: 0,
            bytesFreed: 0)
        let events = written.map { Event.shardSealed(ShardSealed($0)) } + [.shardCompacted(compacted)]
        let drafts = events.map { EventDraft($0, tenant: domain.owner, domain: domain) }
        _ = try await writer.append(drafts, at: clock())
    }

    /// Bodies of reports that were sealed with a key: they are forgotten, and the shards that held them written anew.
    private func eraseBodies(sealedWith key: KeyID) async throws {
        let bodies = try bodies(sealedWith: key)
        if !bodies.isEmpty {
            _ = try silo.seal(.webhooks)
            try await recordSealed()
            let shards = Set(try bodies.compactMap { try silo.contains($0, in: .webhooks)?.shard })
            try silo.forget(bodies.sorted(), in: .webhooks)
            if !shards.isEmpty {
                let rewrite = try silo.rewrite(shards.sorted(), in: .webhooks)
                try await recordDeletion(
                    of: rewrite.replaced, writing: rewrite.written, moved: rewrite.moved, .webhooks)
            }
        }
        // Also those that an earlier attempt had emptied.
        try silo.delete(try silo.occupancy().filter { $0.domain == .webhooks && $0.liveBlobs == 0 }.map(\.shard))
    }

    /// Bodies that no report came with but those that were sealed with that key.
    private func bodies(sealedWith key: KeyID) throws -> Set<SHA1Hash> {
        var bodies: Set<SHA1Hash> = []
        for isOwn in [true, false] {
            if !isOwn, bodies.isEmpty { break }
            try log.read { snapshot in
                try state.read { view in
                    try view.forEachPosition(.kind(.webhookReceived)) { position in
                        guard try (snapshot.header(at: position)?.key == key) == isOwn,
                            case .webhookReceived(let event) = try snapshot.envelope(at: position)?.event
                        else { return true }
                        if isOwn { bodies.insert(event.bodyHash) } else { bodies.remove(event.bodyHash) }
                        return true
                    }
                }
            }
        }
        return bodies
    }
}
