import EventGenerator
import EventLog
import Events
import Foundation
import Glibc
import LMDB
import Projections
import State
import Synchronization
import Testing

/// A state that an earlier version of a projection has folded serves until it has been built anew beside.
@Suite struct OutdatedTests {
    private static let count = 500

    /// Makes a state of all events, of which it then says that version 1 of the statistics has folded it, and changes one of them.
    private func outdate(_ log: EventLog, in directory: String, by version: UInt32 = 1) throws {
        _ = try StateBuilder.build(log: log, into: directory, options: .test)
        let environment = try Environment(path: directory, options: .init { $0.mapSizeBytes = 1 << 30 })
        let meta = try environment.database("meta")
        let statistics = try environment.database(Table.statistics.name)
        let key = Array("description".utf8)
        var bytes: [UInt8] = []
        try environment.read { transaction in
            if let stored = try transaction.get(meta, key) { bytes = stored.withUnsafeBytes { Array($0) } }
        }
        let name = Array("statistics".utf8)
        let found = bytes.indices.first { bytes[$0...].starts(with: name) }
        let place = try #require(found) + name.count
        withUnsafeBytes(of: version.bigEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
        let changed = bytes
        try environment.write { transaction in
            try transaction.put(meta, key, changed)
            try transaction.put(statistics, [0, 0, 0, 77], [UInt8](repeating: 0, count: 31) + [1])
        }
    }

    private static let serving = StateOptions {
        $0 = .test
        $0.usesOutdated = true
    }

    @Test func readsAndAppendsGoOnWhileItIsBuiltAnew() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 811, count: Self.count, in: directory("log"))
        try outdate(seeded.log, in: directory("state"))
        let state = try StateStore.open(
            directory: directory("state"), log: seeded.log, mode: .writer, options: Self.serving)
        #expect(state.isOutdated)
        #expect(state.opening.origin == .existing)
        let oldRows = try state.read { try $0.rowCount(.statistics) }
        #expect(try state.takeSnapshot() == nil)

        let writer = try EventLogWriter(log: seeded.log, follower: state, executor: ThreadExecutor())
        let progress = Progress()
        var stream = EventStream(seed: 812)
        let later = stream.next(200)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Slow enough that events are appended while it is built.
                _ = try state.rebuildWhereOutdated(progress: { _ in usleep(20_000) })
                progress.isDone.store(true, ordering: .sequentiallyConsistent)
            }
            group.addTask {
                while !progress.isDone.load(ordering: .sequentiallyConsistent) {
                    let rows = try state.read { try $0.rowCount(.statistics) }
                    // Those from before, or those that took their place: never something between.
                    #expect(rows >= oldRows - 1)
                    progress.steps.add(1, ordering: .relaxed)
                    await Task.yield()
                }
            }
            group.addTask {
                for entry in later {
                    let result = try await writer.append([entry.draft], at: entry.time)
                    guard case .appended(let range) = result else { continue }
                    // Each reads its own writes, whichever rows are there.
                    #expect(try state.count >= range.upperBound.rawValue)
                }
            }
            try await group.waitForAll()
        }
        #expect(progress.steps.load(ordering: .relaxed) > 0)
        #expect(!state.isOutdated)
        await writer.stop()

        let fresh = try StateBuilder.build(log: seeded.log, into: directory("fresh"), options: .test)
        #expect(try state.read { Set(try $0.digests()) } == Set(fresh.digests))
        #expect(try state.read { try $0.verifyDigests() }.isEmpty)
        #expect(fresh.events == UInt64(Self.count + later.count))
    }

    @Test func itIsBuiltAnewAtOnceWhereNobodyServesOrItCannotBeRead() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 813, count: 200, in: directory("log"))
        for (version, options) in [(UInt32(1), StateOptions.test), (99, Self.serving), (0, Self.serving)] {
            try? FileManager.default.removeItem(atPath: directory("state"))
            try outdate(seeded.log, in: directory("state"), by: version)
            #expect(throws: StateError.self) {
                try StateStore.open(directory: directory("state"), log: seeded.log, mode: .reader, options: options)
            }
            let state = try StateStore.open(
                directory: directory("state"), log: seeded.log, mode: .writer, options: options)
            #expect(!state.isOutdated)
            #expect(state.opening.origin == .log)
            try expectEqual(state, try seeded.memoryState(200), "version \(version)")
        }
    }

    @Test func whoeverGivesUpKeepsTheRowsFromBefore() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 814, count: 200, in: directory("log"))
        try outdate(seeded.log, in: directory("state"))
        let state = try StateStore.open(
            directory: directory("state"), log: seeded.log, mode: .writer, options: Self.serving)
        #expect(throws: StateError.self) { try state.rebuildWhereOutdated(isCancelled: { true }) }
        #expect(state.isOutdated)
        #expect(!FileManager.default.fileExists(atPath: directory("state.anew")))
        #expect(try state.rebuildWhereOutdated())
        #expect(!state.isOutdated)
        try expectEqual(state, try seeded.memoryState(200), "built anew after that")
    }

    /// Killed while it is routed, while tables are written, or right after: what is opened then serves, or is the new one.
    @Test(arguments: [1, 2, 4, 9, 20, 30])
    func aKillAtAnyMomentLeavesOneThatServes(step: Int) async throws {
        let directory = try TemporaryDirectory()
        do {
            let seeded = try await SeededLog(seed: 815, count: 300, in: directory("log"))
            try outdate(seeded.log, in: directory("state"))
        }
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String, step = step as Int] in
            let log = try EventLog.open(directory: path + "/log", mode: .reader)
            let options = StateOptions {
                $0.bootID = [1]
                $0.usesOutdated = true
                $0.partBytes = 4096
            }
            let state = try StateStore.open(directory: path + "/state", log: log, mode: .writer, options: options)
            let made = Progress()
            _ = try state.rebuildWhereOutdated(progress: { _ in
                if made.steps.add(1, ordering: .relaxed).newValue == step { kill(getpid(), SIGKILL) }
            })
            kill(getpid(), SIGKILL)
        }
        let log = try EventLog.open(
            directory: directory("log"), mode: .writer, options: .init { $0.mapSizeBytes = 1 << 30 })
        let state = try StateStore.open(
            directory: directory("state"), log: log, mode: .writer, options: Self.serving)
        #expect(state.opening.origin == .existing, "step \(step)")
        #expect(try state.count == 300)
        try state.rebuildWhereOutdated()
        let fresh = try StateBuilder.build(log: log, into: directory("fresh"), options: .test)
        #expect(try state.read { Set(try $0.digests()) } == Set(fresh.digests))
    }
}

private final class Progress: Sendable {
    let isDone = Atomic(false)
    let steps = Atomic(0)
}
