import EventLog
import Events
import Projections
import State

extension Collection {
    /// Lets go of the versions that the settings do not keep, and of all versions of removed repositories.
    mutating func releaseVersions() async throws {
        let repositories = try engine.state.read { view in try view.repositories(includingRemoved: true) }
        for repository in repositories {
            guard repository.isRemoved || repository.configuration.keepHistoryDays != nil else { continue }
            guard mayGoOn() else { return }
            try await release(repository)
        }
    }

    private mutating func release(_ repository: RepositoryRow) async throws {
        let cut = try cut(of: repository)
        if cut == nil, !repository.isRemoved { return }
        let reason: ReleaseReason = repository.isRemoved ? .removed : .history
        while mayGoOn() {
            let batch = try gather(repository, cut)
            if batch.isEmpty { return }
            var count = 0
            for group in batch.groups { count += group.versions.count }
            report.versionsReleased += UInt64(count)
            tell(.versions, report.versionsReleased)
            if options.isDryRun { return }
            let drafts = batch.groups.flatMap { group in
                group.events { .versionsReleased(VersionsReleased(ref: group.ref, reason: reason, versions: $0)) }
                    .map { EventDraft($0, tenant: repository.tenant, domain: group.domain, of: repository.id) }
            }
            _ = try await engine.writer.append(drafts, at: engine.clock())
            guard batch.isFull else { return }
        }
    }

    /// The last completed sync that is older than what is kept; nil where all of it is kept.
    private func cut(of repository: RepositoryRow) throws -> LogPosition? {
        guard !repository.isRemoved, let days = repository.configuration.keepHistoryDays else { return nil }
        return try engine.state.read { view in
            HistoryPolicy.cut(try view.syncs(repository.id), keepDays: days, at: now)
        }
    }

    /// Versions of a repository that are still kept and need not be: up to a batch of them.
    private mutating func gather(_ repository: RepositoryRow, _ cut: LogPosition?) throws -> VersionBatch {
        var gatherer = VersionGatherer(
            isRemoved: repository.isRemoved, cut: cut,
            batch: VersionBatch(limit: options.isDryRun ? .max : VersionBatch.maximumCount))
        let engine = engine
        try engine.log.read { log in
            try engine.state.read { view in
                try view.forEachVersion(repository.id) { ref, version in
                    try gatherer.take(version, ref, log)
                    return !gatherer.batch.isFull
                }
            }
            try gatherer.close(log)
        }
        if options.isDryRun {
            for group in gatherer.batch.groups {
                for case let hash? in group.versions.map(\.hash) {
                    released[Pins.Key(domain: group.domain, hash: hash), default: 0] += 1
                }
            }
        }
        return gatherer.batch
    }
}

/// Takes a repository's versions, path by path, and keeps those that may go.
private struct VersionGatherer {
    let isRemoved: Bool
    let cut: LogPosition?
    var batch: VersionBatch
    private var path: [FileVersion] = []
    private var ref = RefID.watched
    private var domains = VersionDomains()

    init(isRemoved: Bool, cut: LogPosition?, batch: VersionBatch) {
        self.isRemoved = isRemoved
        self.cut = cut
        self.batch = batch
    }

    mutating func take(_ version: FileVersion, _ ref: RefID, _ log: borrowing LogSnapshot) throws {
        // What cannot be read is no path: nobody knows which version follows upon which, and a decision has to name it.
        guard !version.path.isEmpty else { return }
        if let last = path.last, last.path != version.path || self.ref != ref { try close(log) }
        self.ref = ref
        path.append(version)
    }

    /// Decides about the path whose versions have come.
    mutating func close(_ log: borrowing LogSnapshot) throws {
        let end = isRemoved ? path.count : HistoryPolicy.releasable(path.map(\.version.position), cut: cut)
        for version in path[..<end] where version.released == nil {
            batch.add(ReleasedVersion(version), ref, try domains.domain(of: version.version.position, log))
        }
        path.removeAll(keepingCapacity: true)
    }
}

/// Versions that are decided about together, by ref and domain.
struct VersionBatch {
    struct Group {
        var ref: RefID
        var domain: Domain
        var versions: [ReleasedVersion] = []

        /// Events of bounded size.
        func events(_ event: ([ReleasedVersion]) -> Event) -> [Event] {
            var events: [Event] = []
            var part: [ReleasedVersion] = []
            var byteCount = 0
            for version in versions {
                part.append(version)
                byteCount += version.path.count + Self.columnByteCount
                guard part.count == VersionsReleased.maximumCount || byteCount >= VersionsReleased.targetByteCount
                else { continue }
                events.append(event(part))
                part = []
                byteCount = 0
            }
            if !part.isEmpty { events.append(event(part)) }
            return events
        }

        /// Bytes that a version costs beside its path.
        private static let columnByteCount = 32
    }

    private(set) var groups: [Group] = []
    private var count = 0
    private let limit: Int

    /// Versions that are gathered before they are decided about.
    static let maximumCount = 131_072

    init(limit: Int = maximumCount) { self.limit = limit }

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count >= limit }

    mutating func add(_ version: ReleasedVersion, _ ref: RefID, _ domain: Domain) {
        count += 1
        if let index = groups.firstIndex(where: { $0.ref == ref && $0.domain == domain }) {
            groups[index].versions.append(version)
        } else {
            groups.append(Group(ref: ref, domain: domain, versions: [version]))
        }
    }
}

extension ReleasedVersion {
    init(_ version: FileVersion) {
        self.init(path: version.path, version: version.version, hash: nil, size: 0)
        guard case .upserted(let mode, let hash, let size) = version.content else { return }
        self.size = size
        // A submodule's hash is a commit of another repository.
        if mode != GitMode.submodule { self.hash = hash }
    }
}

extension EventDraft {
    /// A decision about a repository, that begins a story of its own.
    init(_ event: Event, tenant: TenantID, domain: Domain, of repository: RepositoryID) {
        self.init(event, tenant: tenant, domain: domain, repository: .position(LogPosition(repository.rawValue)))
    }
}
