import EventLog
import Events
import Projections
import State

/// Gathers the events of stories. Those that merely carry content (files and blobs by the thousand) are left out, unless
/// they are what is asked about.
struct StoryCollector {
    private let queries: Queries
    var explanation = Explanation()
    private(set) var positions: Set<LogPosition> = []
    /// Events that are taken whatever they carry.
    var wanted: Set<LogPosition> = []
    private var followed: Set<LogPosition> = []

    init(_ queries: Queries) { self.queries = queries }

    private static let bulk: Set<EventKind> = [.itemsChanged, .blobsStored, .shardSealed]

    /// The stories of the newest of some events.
    mutating func follow(_ positions: [LogPosition]) throws {
        if positions.count > Queries.maximumStoryCount { explanation.isCut = true }
        for position in positions.suffix(Queries.maximumStoryCount) {
            wanted.insert(position)
            try follow(position)
        }
    }

    /// The story that an event belongs to, and what led to its beginning.
    mutating func follow(_ position: LogPosition) throws {
        let queries = queries
        guard let header = try queries.log.read({ snapshot in try snapshot.header(at: position) }) else { return }
        positions.insert(position)
        guard followed.insert(header.correlation).inserted else { return }
        var story: [LogPosition] = []
        try queries.state.read { view in
            try view.forEachPosition(.correlation(header.correlation)) { member in
                story.append(member)
                return true
            }
        }
        let relevant = try queries.log.read { snapshot in
            var relevant: [LogPosition] = []
            for member in story + [header.correlation] {
                guard let header = try snapshot.header(at: member), queries.mayRead(header) else { continue }
                guard let kind = EventKind(rawValue: header.kind), !Self.bulk.contains(kind) else { continue }
                relevant.append(member)
            }
            // Before the story: what its first event was caused by.
            var cause = try snapshot.header(at: header.correlation)?.causation
            while let position = cause, relevant.count < Queries.maximumStoryEventCount,
                let header = try snapshot.header(at: position), queries.mayRead(header), header.correlation == position
            {
                relevant.append(position)
                cause = header.causation
            }
            // A source's own beginning belongs to everything that happens to it.
            if let repository = header.repository { relevant.append(LogPosition(repository.rawValue)) }
            return relevant
        }
        if relevant.count > Queries.maximumStoryEventCount { explanation.isCut = true }
        positions.formUnion(relevant.prefix(Queries.maximumStoryEventCount / 2))
        positions.formUnion(relevant.suffix(Queries.maximumStoryEventCount / 2))
    }

    /// What happened to a source, apart from its content.
    mutating func followRepository(_ repository: RepositoryID) throws {
        var newest: [LogPosition] = []
        let queries = queries
        var filter = EventFilter()
        filter.repository = repository
        filter.kinds = Set(EventKind.allCases).subtracting(Self.bulk)
        filter.limit = Queries.maximumStoryEventCount
        filter.takesNewest = true
        try queries.forEachEvent(filter) { newest.append($0.position) }
        if newest.count == filter.limit { explanation.isCut = true }
        positions.formUnion(newest)
        positions.insert(LogPosition(repository.rawValue))
    }

    /// What a webhook said, what it changed, and the sync that brought what it announced: the one that it asked for, or that was
    /// asked for already and began after it.
    mutating func followDelivery(_ position: LogPosition) throws {
        wanted.insert(position)
        try follow(position)
        let queries = queries
        guard let envelope = try queries.log.read({ snapshot in try snapshot.envelope(at: position) }),
            case .webhookReceived(let event) = envelope.event, let externalID = event.externalID
        else { return }
        let syncs = try queries.state.read { view in
            var syncs: [LogPosition] = []
            for row in try view.repositories(of: event.provider, externalID: externalID)
            where queries.owns(row.tenant) {
                var visited = 0
                try view.forEachPosition(.repository(row.id), from: position + 1) { next in
                    visited += 1
                    let header = try queries.log.read { snapshot in try snapshot.header(at: next) }
                    guard let header, header.kind == EventKind.syncStarted.rawValue else {
                        return visited < Queries.maximumStoryEventCount
                    }
                    syncs.append(next)
                    return false
                }
            }
            return syncs
        }
        for sync in syncs { try follow(sync) }
    }

    /// When a content was stored, refused or damaged, and by whom it is named; and the syncs that were at a commit or a tree.
    mutating func followHash(_ hash: SHA1Hash) throws {
        let queries = queries
        var references: [LogPosition] = []
        var syncs: [LogPosition] = []
        try queries.state.read { view in
            for domain in queries.domains {
                try view.forEachReference(to: hash, in: domain) { reference in
                    if queries.owns(reference.tenant) { references.append(reference.version.position) }
                    return references.count <= Queries.maximumStoryCount
                }
                for refused in try view.refusedBlobs(hash, in: domain) where queries.owns(refused.tenant) {
                    references.append(refused.position)
                }
            }
            if !queries.isNobody {
                for repository in try view.repositories(of: queries.scope, includingRemoved: true) {
                    if let sync = try view.sync(repository.id, at: hash) { syncs.append(sync.position) }
                }
            }
        }
        try addStoring(of: hash)
        try follow(references.sorted())
        try follow(syncs.sorted())
    }

    /// The events that say that a content was stored, that nothing names it any more, and that it was deleted.
    mutating func addStoring(of hash: SHA1Hash) throws {
        let queries = queries
        let found = try queries.state.read { view -> [LogPosition] in
            try queries.domains.flatMap { domain -> [LogPosition] in
                let row = try view.blob(hash, in: domain)
                return [row?.stored?.firstSeen, row?.released?.position, row?.deleted].compactMap { $0 }
            }
        }
        for position in found {
            guard let header = try queries.log.read({ snapshot in try snapshot.header(at: position) }),
                queries.mayRead(header)
            else { continue }
            wanted.insert(position)
            positions.insert(position)
        }
    }

    func finish() throws -> Explanation {
        var result = explanation
        let queries = queries
        let all = positions.union(wanted).sorted()
        let found = try queries.log.read { snapshot in
            try all.compactMap { position -> Envelope? in
                guard let header = try snapshot.header(at: position), queries.mayRead(header) else { return nil }
                return try snapshot.envelope(at: position)
            }
        }
        result.events = try found.filter { try queries.mayRead($0) }
        return result
    }
}
