import EventLog
import Events
import Projections
import ProviderKit
import State

extension ProviderError.Code {
    /// Its content belongs elsewhere now.
    static let moved = Self(rawValue: "moved")
    /// A content went while it was stored again.
    static let deleted = Self(rawValue: "deleted")
    /// The source is not yet at what it announced.
    static let behind = Self(rawValue: "behind")
}

extension SyncRun {
    /// What the source is known by; nil as long as nobody was told.
    var identity: SourceIdentity? {
        repository.externalID.map {
            SourceIdentity(
                externalID: $0, locator: repository.locator, isPrivate: repository.configuration.isPrivate)
        }
    }

    /// Compares what the source says that it is with what is known, and records the difference before anything is read.
    ///
    /// - Returns: whether its content belongs elsewhere now.
    /// - Throws: `ProviderError` (replaced) where it is another source.
    mutating func takeIdentity(of head: SourceHead) async throws -> Bool {
        var events: [Event] = []
        var claims: [Claim] = []
        let domain = repository.domain
        if let found = head.identity {
            if let known = repository.externalID, known != found.externalID {
                throw ProviderError.replaced(repository.locator.withoutNumber, known: known, by: found.externalID)
            }
            let provider = repository.locator.provider
            if repository.externalID == nil {
                events.append(
                    .repositoryIdentified(RepositoryIdentified(provider: provider, externalID: found.externalID)))
            }
            let name = try engine.normalize(found.locator)
            let (old, tenant) = (repository.locator, repository.tenant)
            let isFree = try engine.state.read { view in try view.repository(name, of: tenant) == nil }
            // Where the tenant watches it under its new name too, each goes on under its own: the old one leads there.
            if name != old, isFree {
                claims.append(Claim(Claims.repository(tenant, name), eventIndex: events.count))
                events.append(.repositoryRenamed(RepositoryRenamed(old: old, new: name)))
            }
            if found.isPrivate != repository.configuration.isPrivate {
                events.append(.repositoryVisibilityChanged(RepositoryVisibilityChanged(isPrivate: found.isPrivate)))
                story.move(to: found.isPrivate ? .tenant(tenant) : .public)
            }
        }
        if let suspension = repository.suspension, suspension.reason == .deleted, repository.externalID != nil,
            head.identity == nil
        {
            // What answers under the name need not be the one that was there.
            throw ProviderError.transient(
                .incomplete, "whether the repository is back cannot be asked at the moment: it was deleted before")
        }
        if let suspension = repository.suspension, suspension.reason != .archived || head.changed {
            events.append(.repositoryResumed(RepositoryResumed()))
        }
        guard !events.isEmpty else { return false }
        try await append(events, claims: claims)
        repository = try engine.repository(repository.id)
        return repository.domain != domain
    }
}
