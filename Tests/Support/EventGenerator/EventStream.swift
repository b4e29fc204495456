public import Events

/// A log that could be: tenants, repositories, jobs in all their states, items, blobs; and now and then an event that says
/// something of what is not there.
public struct EventStream: Sendable {
    public private(set) var generator: SeededGenerator
    public private(set) var count: UInt64 = 0
    public private(set) var time = Timestamp(seconds: 1_750_000_000)
    private var repositories: [Repository] = []
    private var jobs: [(id: LogPosition, repository: Repository)] = []
    private var gaps: [(position: LogPosition, repository: Repository)] = []
    private var credentials: [(id: LogPosition, tenant: TenantID)] = []
    private var changes: [(position: LogPosition, repository: Repository, event: ItemsChanged)] = []

    private struct Repository {
        var id: RepositoryID
        var tenant: TenantID
        var domain: Domain
    }

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The next event, and when it happened.
    public mutating func next() -> (draft: EventDraft, time: Timestamp) {
        if generator.oneIn(2) {
            time = Timestamp(microseconds: time.microseconds + Int64(generator.below(10_000_000)))
        }
        let draft = nextDraft()
        count += 1
        return (draft, time)
    }

    /// The next `count` events.
    public mutating func next(_ count: Int) -> [(draft: EventDraft, time: Timestamp)] {
        (0..<count).map { _ in next() }
    }

    /// The next `count` events as a log gives them, leaf hashes left zero.
    public mutating func envelopes(_ count: Int) throws -> [Envelope] {
        try (0..<count).map { _ in
            let position = LogPosition(self.count)
            let (draft, time) = next()
            return try Envelope(record: draft.encode(at: time).span.bytes, at: position)
        }
    }

    private mutating func nextDraft() -> EventDraft {
        if repositories.isEmpty || generator.oneIn(40) { return addRepository() }
        if generator.oneIn(12) {
            let draft = EventDraft(
                generator.event(generator.pick(EventKind.allCases)), tenant: tenant(),
                repository: generator.oneIn(4) ? .position(generator.position()) : .none,
                correlation: .position(generator.position()))
            return draft
        }
        let repository = generator.pick(repositories)
        switch generator.below(12) {
        case 10: return EventDraft(generator.event(.webhookReceived), tenant: .none, domain: .webhooks)
        case 11: return gapOrCredential(repository)
        case 0:
            jobs.append((LogPosition(count), repository))
            return draft(.syncRequested, repository)
        case 1, 2, 3:
            guard !jobs.isEmpty else { return draft(.pollCompleted, repository) }
            return step(generator.below(jobs.count))
        case 4, 5: return itemsChanged(repository)
        case 6: return generator.oneIn(3) ? itemsChanged(repository) : release()
        case 7: return draft(.blobsStored, repository)
        default:
            let kinds: [EventKind] = [
                .repositoryReconfigured, .pollCompleted, .pollFailed, .fetchCompleted, .shardSealed, .blobCorrupted,
                .blobRepaired, .blobRefused, .tenantAdded, .repositoryIdentified, .repositoryRenamed,
                .repositoryVisibilityChanged, .repositorySuspended, .repositoryResumed, .largeFileStored, .tokenIssued,
                .tokenRevoked,
            ]
            return draft(generator.pick(kinds), repository)
        }
    }

    private mutating func itemsChanged(_ repository: Repository) -> EventDraft {
        let draft = draft(.itemsChanged, repository)
        if case .itemsChanged(let event) = draft.event { changes.append((LogPosition(count), repository, event)) }
        return draft
    }

    /// A decision about versions that are there, or about contents.
    private mutating func release() -> EventDraft {
        guard !changes.isEmpty, !generator.oneIn(3) else {
            let kind = generator.pick([
                EventKind.blobsReleased, .blobsReleased, .blobsDeleted, .blobsRestored, .bodiesReleased,
                .shardCompacted,
            ])
            let repository = generator.pick(repositories)
            return EventDraft(generator.event(kind), tenant: repository.domain.owner, domain: repository.domain)
        }
        let (position, repository, event) = generator.pick(changes)
        var versions: [ReleasedVersion] = []
        for (index, item) in event.items.enumerated() where generator.oneIn(2) {
            var version = ReleasedVersion(
                path: item.path, version: ItemVersion(position: position, index: UInt32(index)), hash: nil, size: 0)
            if case .upserted(let mode, let hash, let size) = item.content, mode != GitMode.submodule {
                version.hash = hash
                version.size = size
            }
            versions.append(version)
        }
        let decision: Event =
            generator.oneIn(3)
            ? .versionsRestored(.init(ref: event.ref, versions: versions))
            : .versionsReleased(.init(ref: event.ref, reason: .history, versions: versions))
        return EventDraft(
            decision, tenant: repository.tenant, domain: repository.domain,
            repository: .position(LogPosition(repository.id.rawValue)))
    }

    private mutating func gapOrCredential(_ repository: Repository) -> EventDraft {
        switch generator.below(5) {
        case 0:
            gaps.append((LogPosition(count), repository))
            return draft(.gapDetected, repository)
        case 1:
            guard !gaps.isEmpty, generator.oneIn(2) else { return draft(.gapClosed, repository) }
            let gap = gaps.remove(at: generator.below(gaps.count))
            return EventDraft(
                .gapClosed(.init(gap: gap.position, commit: generator.commit())), tenant: gap.repository.tenant,
                domain: gap.repository.domain, repository: .position(LogPosition(gap.repository.id.rawValue)))
        case 2:
            credentials.append((LogPosition(count), repository.tenant))
            return EventDraft(generator.event(.credentialStored), tenant: repository.tenant)
        default:
            guard !credentials.isEmpty else { return draft(.pollFailed, repository) }
            let (id, tenant) = generator.pick(credentials)
            let event: Event =
                generator.oneIn(3)
                ? .credentialRevoked(.init(id: id, reason: .removed))
                : .credentialRefreshed(.init(id: id, expiresAt: generator.time()))
            return EventDraft(event, tenant: tenant)
        }
    }

    private mutating func tenant() -> TenantID { TenantID(UInt32(1 + generator.below(3))) }

    private mutating func addRepository() -> EventDraft {
        let tenant = tenant()
        let domain: Domain = generator.oneIn(2) ? .public : .tenant(tenant)
        repositories.append(Repository(id: RepositoryID(count), tenant: tenant, domain: domain))
        return EventDraft(generator.event(.repositoryAdded), tenant: tenant, domain: domain, repository: .itself)
    }

    private mutating func draft(_ kind: EventKind, _ repository: Repository) -> EventDraft {
        EventDraft(
            generator.event(kind), tenant: repository.tenant, domain: repository.domain,
            repository: .position(LogPosition(repository.id.rawValue)))
    }

    /// One step of a job.
    private mutating func step(_ index: Int) -> EventDraft {
        let (id, repository) = jobs[index]
        let event: Event
        switch generator.below(7) {
        case 0:
            event = generator.event(.syncCompleted)
            jobs.remove(at: index)
        case 1: event = generator.event(.syncFailed)
        case 2:
            event = .retryScheduled(
                .init(
                    job: id, attempt: UInt32(generator.below(6)), at: generator.time(), failure: generator.failure()))
        case 3: event = .jobDeadLettered(.init(job: id, attempts: 5, failure: generator.failure()))
        case 4: event = .jobRequeued(.init(job: id))
        default: event = generator.event(.syncStarted)
        }
        return EventDraft(
            event, tenant: repository.tenant, domain: repository.domain,
            repository: .position(LogPosition(repository.id.rawValue)), correlation: .position(id))
    }
}
