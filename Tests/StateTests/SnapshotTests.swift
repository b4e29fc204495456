import EventGenerator
import EventLog
import Events
import Foundation
import State
import Testing

/// A state that cannot be trusted begins anew from the newest stored snapshot that can.
@Suite struct SnapshotTests {
    private static func options(_ directory: TemporaryDirectory, boot: UInt8 = 1) -> StateOptions {
        StateOptions {
            $0 = .test
            $0.bootID = [boot]
            $0.snapshotDirectory = directory("snapshots")
            $0.snapshotIntervalEvents = 50
            $0.catchUpOnOpen = false
        }
    }

    /// Folds up to `count` and leaves the state unclosed, as a death does, with a snapshot at each of `at`.
    private static func die(
        at snapshots: [UInt64], count: UInt64, _ seeded: SeededLog, _ directory: TemporaryDirectory, boot: UInt8 = 1
    ) throws {
        let store = try StateStore.open(
            directory: directory("state"), log: seeded.log, mode: .writer, options: options(directory, boot: boot))
        for position in snapshots {
            try store.catchUp(to: position)
            #expect(try store.takeSnapshot() == position)
            #expect(try store.takeSnapshot() == nil, "there is one of it already")
        }
        try store.catchUp(to: count)
    }

    private static func reopen(
        _ seeded: SeededLog, _ directory: TemporaryDirectory, boot: UInt8 = 2
    ) throws -> StateStore {
        var options = options(directory, boot: boot)
        options.catchUpOnOpen = true
        return try StateStore.open(directory: directory("state"), log: seeded.log, mode: .writer, options: options)
    }

    @Test func afterAPowerFailureTheNewestSnapshotIsFoldedOn() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 21, count: 500, in: directory("log"))
        try Self.die(at: [200, 300, 400], count: 450, seeded, directory)
        // Two are kept.
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory("snapshots")).count == 2)
        do {
            let store = try Self.reopen(seeded, directory)
            #expect(store.opening.origin == .snapshot(400))
            #expect(store.opening.reason != nil)
            try expectEqual(store, try seeded.memoryState(500), "from the snapshot of 400")
        }
        // It was not used up: the next failure begins from it again. And without the state too.
        for boot: UInt8 in [3, 4] {
            try FileManager.default.removeItem(atPath: directory("state"))
            let store = try Self.reopen(seeded, directory, boot: boot)
            #expect(store.opening.origin == .snapshot(400))
            try expectEqual(store, try seeded.memoryState(500), "again, start \(boot)")
        }
    }

    /// Each way in which one can be wrong leads to the one before it, or to the log.
    @Test func whatIsDamagedOrForeignIsPassedOver() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 22, count: 500, in: directory("log"))
        let other = try await SeededLog(seed: 23, count: 500, in: directory("other"))
        var random = SeededGenerator(seed: 22)
        func file(_ count: Int, _ name: String) -> String {
            directory("snapshots/" + String(repeating: "0", count: 17) + "\(count)/" + name)
        }
        func change(_ path: String) throws {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let place = random.below(bytes.count)
            bytes[place] ^= UInt8(1 << random.below(8))
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let damages: [(String, () throws -> Void)] = [
            ("a bit of the data", { try change(file(400, "data.mdb")) }),
            ("a bit of the manifest", { try change(file(400, "manifest")) }),
            ("no manifest", { try FileManager.default.removeItem(atPath: file(400, "manifest")) }),
            ("no data", { try FileManager.default.removeItem(atPath: file(400, "data.mdb")) }),
            ("half the data", { truncate(file(400, "data.mdb"), 8192) }),
        ]
        for (name, damage) in damages {
            try? FileManager.default.removeItem(atPath: directory("state"))
            try? FileManager.default.removeItem(atPath: directory("snapshots"))
            try Self.die(at: [300, 400], count: 450, seeded, directory)
            try damage()
            let store = try Self.reopen(seeded, directory)
            #expect(store.opening.origin == .snapshot(300), "\(name)")
            #expect(store.opening.passedOver.count == 1, "\(name)")
            try expectEqual(store, try seeded.memoryState(500), "\(name)")
        }
        // Those of another log: none of them fits.
        let store = try Self.reopen(other, directory)
        #expect(store.opening.origin == .log)
        #expect(store.opening.passedOver.count == 2)
        try expectEqual(store, try other.memoryState(500), "another log")
    }

    /// Beside folding, by a thread that is lent; how often follows from the setting and from the state's size.
    @Test func snapshotsAreTakenWhenTheyAreDue() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 24, count: 1000, in: directory("log"))
        let store = try StateStore.open(
            directory: directory("state"), log: seeded.log, mode: .writer, options: Self.options(directory))
        let taken = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            group.addTask {
                var taken: [UInt64] = []
                store.takeSnapshotsUntilStopped { outcome in
                    switch outcome {
                    case .success(let count): taken.append(count)
                    case .failure(let error): Issue.record("\(error)")
                    }
                }
                return taken
            }
            for end in stride(from: UInt64(10), through: 1000, by: 10) {
                try store.catchUp(to: end)
                try await Task.sleep(for: .milliseconds(5))
            }
            // The last one may still be under way.
            try await Task.sleep(for: .milliseconds(200))
            store.stopSnapshots()
            return try await group.next() ?? []
        }
        #expect(taken.first ?? 0 >= 50)
        #expect(taken.count >= 3)
        for (before, next) in zip(taken, taken.dropFirst()) {
            #expect(next >= before + max(50, before / 2), "\(taken)")
        }
        for entry in try FileManager.default.contentsOfDirectory(atPath: directory("snapshots")) {
            // Each can be opened as it is, and says what the log says.
            let snapshot = try StateStore.open(
                directory: directory("snapshots/" + entry), log: seeded.log, mode: .reader(allowsStale: true),
                options: .test)
            try expectEqual(snapshot, try seeded.memoryState(Int(try snapshot.count)), "snapshot \(entry)")
        }
    }

    /// Maps that are too small grow: under the log, under a state that is folded, and under one that is built.
    @Test func smallMapsGrow() async throws {
        let directory = try TemporaryDirectory()
        let log = try EventLog.open(
            directory: directory("log"), mode: .writer, options: .init { $0.mapSizeBytes = 256 << 10 })
        let options = StateOptions {
            $0 = .test
            $0.mapSizeBytes = 512 << 10
        }
        let store = try StateStore.open(directory: directory("state"), log: log, mode: .writer, options: options)
        let writer = try EventLogWriter(log: log, follower: store, executor: ThreadExecutor())
        var stream = EventStream(seed: 25)
        while stream.count < 3000 {
            let batch = stream.next(250)
            _ = try await writer.append(AppendRequest(batch.map { EncodedEvent($0.draft, at: $0.time) }))
        }
        #expect(log.usedBytes > 256 << 10)
        #expect(try log.read { try $0.root() } == (await writer.treeHead.root))
        let report = try StateBuilder.build(log: log, into: directory("bulk"), options: options)
        #expect(try store.read { try $0.digests() } == report.digests)
        #expect(try store.read { try $0.verifyDigests() }.isEmpty)
    }
}
