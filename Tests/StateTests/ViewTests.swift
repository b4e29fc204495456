import EventGenerator
import EventLog
import Events
import Projections
import State
import Testing

/// What is read is what a search through all events finds.
@Suite struct ViewTests {
    private struct Version {
        let repository: RepositoryID
        let ref: RefID
        var file: FileVersion
    }

    private static func versions(_ envelopes: [Envelope]) -> [Version] {
        var versions: [Version] = []
        for envelope in envelopes {
            guard let repository = envelope.header.repository else { continue }
            switch envelope.event {
            case .itemsChanged(let event):
                versions += event.items.enumerated().map { index, item in
                    Version(
                        repository: repository, ref: event.ref,
                        file: FileVersion(
                            path: item.path, version: ItemVersion(position: envelope.position, index: UInt32(index)),
                            tenant: envelope.header.tenant, content: item.content, replaces: item.replaces))
                }
            case .versionsReleased(let event):
                mark(&versions, repository, event.ref, event.versions, as: envelope.position)
            case .versionsRestored(let event): mark(&versions, repository, event.ref, event.versions, as: nil)
            default: break
            }
        }
        return versions
    }

    private static func mark(
        _ versions: inout [Version], _ repository: RepositoryID, _ ref: RefID, _ released: [ReleasedVersion],
        as position: LogPosition?
    ) {
        for release in released {
            for index in versions.indices
            where versions[index].repository == repository && versions[index].ref == ref
                && versions[index].file.path == release.path
                && versions[index].file.version.position == release.version.position
            {
                // A version that was given up stays given up by the first event that said so.
                versions[index].file.released = position.map { versions[index].file.released ?? $0 }
            }
        }
    }

    @Test(arguments: [601, 602, 603] as [UInt64])
    func readsWhatASearchFinds(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let count = 800
        let seeded = try await SeededLog(seed: seed, count: count, in: directory("log"))
        let store = try StateStore.open(
            directory: directory("state"), log: seeded.log, mode: .writer, options: .test)
        let versions = Self.versions(seeded.envelopes)
        var random = SeededGenerator(seed: seed)
        try store.read { view in
            let repositories = try view.repositories(includingRemoved: true)
            #expect(try view.repositories().allSatisfy { !$0.isRemoved })
            for repository in repositories {
                #expect(try view.repository(repository.id) == repository)
                try checkFiles(view, repository.id, versions, seed, asOf: nil, from: nil)
                let path = random.path()
                let asOf = LogPosition(UInt64(random.below(count)))
                try checkFiles(view, repository.id, versions, seed, asOf: asOf, from: path)
                try checkSyncs(view, repository.id, seeded.envelopes, seed, asOf: asOf)
                try checkIndex(view, .repository(repository.id), seeded.envelopes, &random) {
                    $0.header.repository == repository.id
                }
            }
            for kind in EventKind.allCases {
                try checkIndex(view, .kind(kind), seeded.envelopes, &random) { $0.header.kind == kind.rawValue }
            }
            for tenant in 1...3 as ClosedRange<UInt32> {
                try checkIndex(view, .tenant(TenantID(tenant)), seeded.envelopes, &random) {
                    $0.header.tenant == TenantID(tenant)
                }
            }
            let story = seeded.envelopes[random.below(count)].header.correlation
            try checkIndex(view, .correlation(story), seeded.envelopes, &random) { $0.header.correlation == story }
            try checkJobs(view)
        }
    }

    /// The last of several versions of one path in one event is the one that is kept.
    private func newest(_ versions: [Version]) -> [[UInt8]: FileVersion] {
        var newest: [[UInt8]: FileVersion] = [:]
        for version in versions { newest[version.file.path] = version.file }
        return newest
    }

    private func checkFiles(
        _ view: borrowing StateView, _ repository: RepositoryID, _ versions: [Version], _ seed: UInt64,
        asOf: LogPosition?, from path: [UInt8]?
    ) throws {
        let known = versions.filter {
            $0.repository == repository && $0.ref == .watched && $0.file.version.position <= asOf ?? LogPosition(.max)
        }
        let newest = newest(known)
        let expected = newest.values
            .filter { file in path.map { !file.path.lexicographicallyPrecedes($0) } ?? true }
            .sorted { $0.path.lexicographicallyPrecedes($1.path) }
        var listed: [FileVersion] = []
        try view.forEachFile(repository, asOf: asOf, from: path, includingAbsent: true) {
            listed.append($0)
            return true
        }
        #expect(listed == expected, "seed \(seed)")
        var present: [FileVersion] = []
        let limit = expected.count / 2
        try view.forEachFile(repository, asOf: asOf, from: path) {
            present.append($0)
            return present.count < limit
        }
        #expect(present == Array(expected.filter { $0.content != .removed }.prefix(max(1, limit))), "seed \(seed)")
        for file in expected.prefix(20) {
            #expect(try view.file(repository, path: file.path, asOf: asOf) == file)
            let all = try view.versions(repository, path: file.path)
            #expect(all.contains(file))
            #expect(all.map(\.version) == all.map(\.version).sorted())
        }
        #expect(try view.file(repository, path: [0x7a], asOf: asOf) == nil)
    }

    private func checkSyncs(
        _ view: borrowing StateView, _ repository: RepositoryID, _ envelopes: [Envelope], _ seed: UInt64,
        asOf: LogPosition
    ) throws {
        let completed = envelopes.compactMap { envelope -> (LogPosition, SyncCompleted)? in
            guard case .syncCompleted(let event) = envelope.event, envelope.header.repository == repository,
                event.ref == .watched
            else { return nil }
            return (envelope.position, event)
        }
        let before = completed.filter { $0.0 <= asOf }
        #expect(try view.visiblePosition(repository, asOf: asOf) == before.last?.0, "seed \(seed)")
        #expect(try view.visiblePosition(repository) == completed.last?.0)
        #expect(try view.syncs(repository, newestFirst: false).map(\.position) == completed.map(\.0))
        for (_, event) in before {
            for id in [event.commit, event.tree] {
                let last = before.last { $0.1.commit == id || $0.1.tree == id }
                #expect(try view.sync(repository, at: id, asOf: asOf)?.position == last?.0)
            }
        }
    }

    private func checkIndex(
        _ view: borrowing StateView, _ index: LogIndex, _ envelopes: [Envelope], _ random: inout SeededGenerator,
        _ belongs: (Envelope) -> Bool
    ) throws {
        let low = LogPosition(UInt64(random.below(envelopes.count)))
        let high = LogPosition(UInt64(random.below(envelopes.count)))
        for (from, through) in [(nil, nil), (low, nil), (nil, high), (low, high)] as [(LogPosition?, LogPosition?)] {
            let expected = envelopes.filter {
                belongs($0) && $0.position >= from ?? LogPosition(0) && $0.position <= through ?? LogPosition(.max)
            }.map(\.position)
            for descending in [false, true] {
                var found: [LogPosition] = []
                try view.forEachPosition(index, from: from, through: through, descending: descending) {
                    found.append($0)
                    return true
                }
                #expect(found == (descending ? expected.reversed() : expected), "\(index)")
            }
        }
    }

    private func checkJobs(_ view: borrowing StateView) throws {
        let jobs = try view.jobs()
        #expect(try view.deadLetters() == jobs.filter { $0.state == .deadLettered })
        let due = jobs.filter { $0.nextAttemptAt != nil }
            .sorted { ($0.nextAttemptAt ?? $0.requestedAt, $0.id) < ($1.nextAttemptAt ?? $1.requestedAt, $1.id) }
        #expect(try view.nextDue() == due.first?.nextAttemptAt)
        #expect(try view.dueJobs(at: Timestamp(microseconds: .max), limit: .max) == due)
        if let middle = due.dropFirst(due.count / 2).first, let time = middle.nextAttemptAt {
            let expected = due.filter { $0.nextAttemptAt ?? time <= time }
            #expect(try view.dueJobs(at: time, limit: 3) == Array(expected.prefix(3)))
        }
        for repository in Set(jobs.map(\.repository)) {
            #expect(try view.jobs(of: repository) == jobs.filter { $0.repository == repository })
        }
    }
}
