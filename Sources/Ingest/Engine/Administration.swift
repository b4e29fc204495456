import EventLog
public import Events
public import Projections
import ProviderKit
import State

extension Engine {
    /// The tenant of that name.
    ///
    /// - Parameter creating: adds it where there is none yet.
    /// - Throws: `IngestError` (unknownTenant).
    public func tenant(named name: String, creating: Bool = true) async throws -> TenantID {
        while true {
            let (known, next) = try state.read { view in
                (try view.tenant(named: name)?.id, try view.tenants().map(\.id.rawValue).max().map { $0 + 1 } ?? 1)
            }
            if let known { return known }
            guard creating else {
                throw IngestError(.unknownTenant, "there is no tenant \(name): `tenant list` shows those that exist")
            }
            let id = TenantID(next)
            let claims = [Claim(Claims.tenant(name)), Claim(Claims.tenantNumber(id))]
            let draft = EventDraft(.tenantAdded(TenantAdded(id: id, name: name)), tenant: id)
            _ = try await writer.append([draft], at: clock(), claims: claims)
        }
    }

    /// Watches a source from now on. One that had the name and was deleted gives it up, and is kept with all that is known
    /// of it under its name and number (`Locator.former`).
    ///
    /// - Parameter publicAddressesOnly: it is asked for in the public network alone, unless the settings let all sources lie
    ///   anywhere: whoever adds it may not make this machine ask its own network.
    /// - Throws: `IngestError` (alreadyAdded, limitReached, unknownProvider), `ProviderError` for a locator that is none.
    public func addRepository(
        _ locator: Locator, configuration: RepositoryConfiguration, tenant: TenantID, publicAddressesOnly: Bool = false
    ) async throws -> RepositoryRow {
        let event = RepositoryAdded(
            locator: try normalize(locator), configuration: configuration, publicAddressesOnly: publicAddressesOnly)
        guard try limits(of: tenant).repositories != nil else { return try await add(event, tenant) }
        return try await adding.hold {
            // What is watched already takes no place of its own.
            if try repository(event.locator, of: tenant) == nil { try checkRoom(forRepositoriesOf: tenant) }
            return try await add(event, tenant)
        }
    }

    private func add(_ event: RepositoryAdded, _ tenant: TenantID) async throws -> RepositoryRow {
        let locator = event.locator
        try await retire(locator, of: tenant)
        let draft = EventDraft(
            .repositoryAdded(event), tenant: tenant, domain: Self.domain(of: event.configuration, tenant),
            repository: .itself)
        let claim = Claim(Claims.repository(tenant, locator))
        switch try await writer.append([draft], at: clock(), claims: [claim]) {
        case .appended(let range):
            signal.fire()
            return try repository(RepositoryID(range.lowerBound))
        case .alreadyClaimed(let position):
            throw IngestError(
                .alreadyAdded, "\(locator) is there already, as repository \(position.rawValue): `repo set` changes it")
        }
    }

    private func retire(_ locator: Locator, of tenant: TenantID) async throws {
        guard let old = try repository(locator, of: tenant), old.suspension?.reason == .deleted else { return }
        try await exclusion.hold(old.id) {
            try await decide(on: old.id) { row in
                guard row.locator == locator, row.suspension?.reason == .deleted else { return nil }
                let former = locator.former(row.externalID ?? row.id.rawValue)
                guard try repository(former, of: tenant) == nil else { return nil }
                return EventDraft(
                    .repositoryRenamed(RepositoryRenamed(old: locator, new: former)), tenant: row.tenant,
                    domain: row.domain)
            }
        }
    }

    /// The repository that a locator names for a tenant; nil where it is not watched.
    public func repository(_ locator: Locator, of tenant: TenantID) throws -> RepositoryRow? {
        try state.read { view in try view.repository(locator, of: tenant) }
    }

    /// A repository that is watched.
    ///
    /// - Throws: `IngestError` (unknownRepository, removed).
    public func repository(_ id: RepositoryID) throws -> RepositoryRow {
        guard let row = try state.read({ view in try view.repository(id) }) else {
            throw IngestError(.unknownRepository, "there is no repository \(id.rawValue): `repo list` shows them")
        }
        guard !row.isRemoved else {
            throw IngestError(.removed, "\(row.locator) was removed: `repo add` watches it anew")
        }
        return row
    }

    /// Changes what is watched of a source. Takes effect with its next sync.
    public func reconfigure(_ id: RepositoryID, _ configuration: RepositoryConfiguration) async throws -> RepositoryRow
    {
        // Not during a sync: it would end under a configuration that it never saw.
        try await exclusion.hold(id) {
            try await decide(on: id) { row in
                guard row.configuration != configuration else { return nil }
                return EventDraft(
                    .repositoryReconfigured(RepositoryReconfigured(configuration: configuration)), tenant: row.tenant,
                    domain: Self.domain(of: configuration, row.tenant))
            }
            return try repository(id)
        }
    }

    /// Stops watching a source. What was ingested of it stays in the log.
    public func removeRepository(_ id: RepositoryID) async throws {
        try await exclusion.hold(id) {
            try await decide(on: id) { row in
                EventDraft(
                    .repositoryRemoved(RepositoryRemoved(locator: row.locator)), tenant: row.tenant, domain: row.domain)
            }
            if let cache = options.cacheDirectory { try removeScratch("\(cache)/\(id.rawValue)") }
        }
    }

    /// How often is decided anew because another event of the repository came in between.
    private static let decisionAttempts = 16

    /// Appends an event that was decided upon what is known of a repository, caused by its last event. Where another one came in
    /// between (a webhook at any moment) it is decided again.
    ///
    /// - Parameter draft: nil: there is nothing to be done.
    func decide(on id: RepositoryID, _ draft: (RepositoryRow) throws -> EventDraft?) async throws {
        for attempt in 1...Self.decisionAttempts {
            let row = try repository(id)
            guard var draft = try draft(row) else { return }
            draft.repository = .position(LogPosition(id.rawValue))
            draft.causation = .position(row.lastPosition)
            do {
                _ = try await writer.append(
                    [draft], at: clock(), expectation: .repository(id, isAt: row.lastPosition))
                return
            } catch let error as AppendError where error.code == .conflict && attempt < Self.decisionAttempts {
                continue
            }
        }
    }

    static func domain(of configuration: RepositoryConfiguration, _ tenant: TenantID) -> Domain {
        configuration.isPrivate ? .tenant(tenant) : .public
    }
}
