import Events
import Ingest
import Projections
import Silo
import State
import TestSupport
import Testing

/// What the engine should keep, as plainly as it can be said: every version of every path in a list.
private struct CollectModel {
    struct Key: Hashable {
        var domain: Domain
        var hash: SHA1Hash
    }

    struct Version {
        var key: Key?
        /// The sync that brought it.
        var sync: Int
        var releasedAt: Timestamp?
    }

    struct Source {
        var id: RepositoryID
        var name: String
        var domain: Domain
        var keepDays: UInt32?
        var isRemoved = false
        var syncs: [Timestamp] = []
        var paths: [String: [Version]] = [:]
    }

    var sources: [Source] = []
    /// Contents that are there, and since when nothing names each.
    var stored: [Key: Timestamp?] = [:]
    let graceSeconds: Double

    var kept: Set<Key> {
        Set(
            sources.flatMap { source in
                source.paths.values.flatMap { $0.filter { $0.releasedAt == nil }.compactMap(\.key) }
            })
    }

    mutating func collect(at now: Timestamp) {
        for index in sources.indices {
            let source = sources[index]
            let cut: Int?
            if source.isRemoved {
                cut = .max
            } else if let days = source.keepDays {
                cut = source.syncs.lastIndex { $0 <= now.adding(seconds: -Double(days) * 86_400) }
            } else {
                cut = nil
            }
            guard let cut else { continue }
            for (path, versions) in source.paths {
                for place in versions.indices where versions[place].releasedAt == nil {
                    let next = place + 1 < versions.count ? versions[place + 1].sync : .max
                    if source.isRemoved || next <= cut { sources[index].paths[path]?[place].releasedAt = now }
                }
            }
        }
        let kept = kept
        for (key, released) in stored {
            if let released {
                if released.adding(seconds: graceSeconds) <= now { stored[key] = nil }
            } else if !kept.contains(key) {
                stored[key] = .some(now)
            }
        }
    }

    mutating func undo(at now: Timestamp) {
        let before = stored
        for index in sources.indices {
            for (path, versions) in sources[index].paths {
                for (place, version) in versions.enumerated() {
                    guard let releasedAt = version.releasedAt else { continue }
                    let isDue = releasedAt.adding(seconds: graceSeconds) <= now
                    let isBack: Bool
                    if let key = version.key {
                        guard let released = before[key] else { continue }
                        isBack = !isDue || released != nil
                    } else {
                        isBack = !isDue
                    }
                    if isBack { sources[index].paths[path]?[place].releasedAt = nil }
                }
            }
        }
        for key in stored.keys { stored[key] = .some(nil) }
    }
}

@Suite("garbage collection against a plain model", .timeLimit(.minutes(4)))
struct CollectModelTests {
    @Test("a random history of changes, settings, collections and undos", arguments: [11, 12, 13, 14] as [UInt64])
    func randomHistory(seed: UInt64) async throws {
        try await EngineHarness.run { harness in
            var random = SeededGenerator(seed: seed)
            var model = CollectModel(graceSeconds: 3.5 * 86_400)
            var options = CollectOptions()
            options.release = ReleasePolicy(graceSeconds: model.graceSeconds, graceEvents: 0)
            for number in 0..<3 {
                let isPrivate = number != 1
                let id = try await harness.addDirectory("s\(number)", isPrivate: isPrivate)
                model.sources.append(
                    .init(id: id, name: "s\(number)", domain: isPrivate ? .tenant(harness.tenant) : .public))
            }
            for step in 0..<45 {
                harness.clock.advance(seconds: 86_400 * Int64.random(in: 0...2, using: &random))
                let place = Int.random(in: 0..<model.sources.count, using: &random)
                let comment: Comment = "seed \(seed), step \(step)"
                switch Int.random(in: 0..<10, using: &random) {
                case 0...4: try await change(&model, place, harness, &random)
                case 5:
                    guard !model.sources[place].isRemoved else { continue }
                    let days = ([nil, 1, 4, 9] as [UInt32?]).randomElement(using: &random) ?? nil
                    model.sources[place].keepDays = days
                    var configuration = try harness.engine.repository(model.sources[place].id).configuration
                    configuration.keepHistoryDays = days
                    _ = try await harness.engine.reconfigure(model.sources[place].id, configuration)
                case 6 where step > 25 && model.sources.filter(\.isRemoved).isEmpty:
                    model.sources[place].isRemoved = true
                    try await harness.engine.removeRepository(model.sources[place].id)
                case 7:
                    model.undo(at: harness.clock.now)
                    _ = try await harness.engine.undoReleases(options)
                    try expectEqual(harness, model, comment)
                default:
                    model.collect(at: harness.clock.now)
                    let report = try await harness.engine.collect(options)
                    #expect(report.differences.isEmpty, comment)
                    try expectEqual(harness, model, comment)
                }
            }
            try harness.expectSound("seed \(seed)")
        }
    }

    /// Changes some files of a source, of few contents, so that they come again here and elsewhere; and syncs it.
    private func change(
        _ model: inout CollectModel, _ place: Int, _ harness: EngineHarness, _ random: inout SeededGenerator
    ) async throws {
        var source = model.sources[place]
        guard !source.isRemoved else { return }
        var changed: Set<String> = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let path = "f\(Int.random(in: 0..<6, using: &random))"
            let isThere = source.paths[path]?.last?.key != nil
            guard changed.insert(path).inserted else { continue }
            if isThere, Int.random(in: 0..<4, using: &random) == 0 {
                try harness.write(source.name, path, nil)
            } else {
                let number = Int.random(in: 0..<12, using: &random)
                try harness.write(source.name, path, String(repeating: "content \(number)\n", count: 40 + number))
            }
        }
        let report = try await harness.engine.sync(source.id)
        let at = try harness.state.read { view in try view.syncs(source.id, limit: 1).first?.at }
        source.syncs.append(try #require(at))
        _ = report
        for path in changed {
            let version = try harness.state.read { view in
                try view.file(source.id, path: Array(path.utf8), asOf: nil)
            }
            var key: CollectModel.Key?
            if case .upserted(_, let hash, _)? = version?.content { key = .init(domain: source.domain, hash: hash) }
            guard source.paths[path]?.last.map({ $0.key != key }) ?? (key != nil) else { continue }
            source.paths[path, default: []].append(.init(key: key, sync: source.syncs.count - 1))
            if let key { model.stored[key] = .some(nil) }
        }
        model.sources[place] = source
    }

    private func expectEqual(_ harness: EngineHarness, _ model: CollectModel, _ comment: Comment) throws {
        var stored: Set<CollectModel.Key> = []
        var waiting: Set<CollectModel.Key> = []
        var bytes: UInt64 = 0
        try harness.state.read { view in
            try view.forEachBlob { row in
                guard let content = row.stored else { return true }
                let key = CollectModel.Key(domain: row.domain, hash: row.hash)
                stored.insert(key)
                bytes += content.size
                if row.released != nil { waiting.insert(key) }
                return true
            }
            for source in model.sources {
                for (path, versions) in source.paths {
                    let found = try view.versions(source.id, path: Array(path.utf8))
                    #expect(
                        found.map { $0.released != nil } == versions.map { $0.releasedAt != nil },
                        "\(source.name)/\(path), \(comment)")
                }
            }
            let (_, domains) = try view.statistics()
            #expect(domains.reduce(0) { $0 + $1.1.uniqueBytes } == bytes, comment)
            #expect(domains.reduce(0) { $0 + $1.1.releasedBlobs } == UInt64(waiting.count), comment)
        }
        #expect(stored == Set(model.stored.keys), comment)
        #expect(waiting == Set(model.stored.filter { $0.value != nil }.keys), comment)
        for key in model.kept {
            _ = try harness.silo.read(key.hash, in: key.domain)
        }
        for key in stored { #expect(try harness.silo.contains(key.hash, in: key.domain) != nil, comment) }
    }
}
