import EventGenerator
import EventLog
import Events
import Foundation
import State
import Testing

/// Building with several threads, in parts, with digests on the way, and going on after an interruption.
@Suite struct BulkBuildTests {
    static let count = 600

    @Test(arguments: [611, 612, 613] as [UInt64])
    func digestsOnTheWayAreThoseOfThePlainFold(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: seed, count: Self.count, in: directory("log"))
        var random = SeededGenerator(seed: seed)
        for round in 0..<6 {
            let end = round == 0 ? Self.count : 1 + random.below(Self.count)
            var marks = Set<UInt64>([UInt64(end)])
            for _ in 0..<(1 + random.below(20)) { marks.insert(UInt64(random.below(end + 1))) }
            let options = StateOptions {
                $0 = .test
                $0.parallel = .threads(1 + round % 3)
                $0.partBytes = round < 2 ? 1 << 20 : 1 + random.below(20_000)
                $0.memoryBudgetBytes = round.isMultiple(of: 2) ? 192 << 20 : 200 << 10
            }
            let sorted = marks.sorted()
            let report = try StateBuilder.build(
                log: seeded.log, upTo: UInt64(end), digestsAt: sorted, into: directory("bulk-\(round)"),
                options: options)
            #expect(report.digestsBefore.count == sorted.count)
            for (mark, digests) in zip(sorted, report.digestsBefore) {
                #expect(
                    Set(digests) == (try seeded.memoryState(Int(mark)).digestEntries),
                    "seed \(seed), round \(round), at \(mark) of \(end)")
            }
            let store = try StateStore.open(
                directory: directory("bulk-\(round)"), log: seeded.log, mode: .reader(allowsStale: true),
                options: options)
            try expectEqual(store, try seeded.memoryState(end), "seed \(seed), round \(round), \(end) events")
            #expect(try store.read { try $0.verifyDigests() }.isEmpty)
        }
    }

    @Test func anInterruptedBuildGoesOn() async throws {
        let directory = try TemporaryDirectory()
        do { _ = try await SeededLog(seed: 621, count: Self.count, in: directory("log")) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
            let log = try EventLog.open(directory: path + "/log", mode: .reader)
            _ = try StateBuilder.build(log: log, into: path + "/state", options: .resumable) { progress in
                if progress.phase == .events, progress.done > 400 { kill(getpid(), SIGKILL) }
            }
        }
        #expect(try StateBuilder.isUnfinished(directory("state")))
        let log = try EventLog.open(
            directory: directory("log"), mode: .reader, options: .init { $0.mapSizeBytes = 1 << 30 })
        let first = FirstProgress()
        let report = try StateBuilder.build(log: log, into: directory("state"), options: .resumable) {
            first.note($0)
        }
        // What was done was not done again.
        #expect(first.done ?? 0 > 100)
        #expect(try !StateBuilder.isUnfinished(directory("state")))
        let whole = try StateBuilder.build(log: log, into: directory("whole"), options: .test)
        #expect(report.digests == whole.digests)
        #expect(report.items == whole.items)
        let left = try FileManager.default.contentsOfDirectory(atPath: directory("state"))
        #expect(Set(left).subtracting(["data.mdb", "lock.mdb"]).isEmpty)
        let store = try StateStore.open(directory: directory("state"), log: log, mode: .reader, options: .test)
        #expect(try store.read { try $0.verifyDigests() }.isEmpty)
    }

    /// Another end than the interrupted one: its parts are of no use.
    @Test func anotherBuildInTheSameDirectoryBeginsAnew() async throws {
        let directory = try TemporaryDirectory()
        let seeded = try await SeededLog(seed: 622, count: Self.count, in: directory("log"))
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
            let log = try EventLog.open(directory: path + "/log", mode: .reader)
            _ = try StateBuilder.build(log: log, upTo: 500, into: path + "/state", options: .resumable) { progress in
                if progress.phase == .events, progress.done > 300 { kill(getpid(), SIGKILL) }
            }
        }
        let report = try StateBuilder.build(
            log: seeded.log, upTo: 450, into: directory("state"), options: .resumable)
        #expect(Set(report.digests) == (try seeded.memoryState(450).digestEntries))
    }
}

/// Written by the thread that builds, and read when that is done.
private final class FirstProgress: @unchecked Sendable {
    // Sendable: a lock guards what changes.
    private let lock = NSLock()
    private var first: UInt64?

    var done: UInt64? { lock.withLock { first } }

    func note(_ progress: StateProgress) {
        lock.withLock { if first == nil, progress.phase == .events { first = progress.done } }
    }
}

extension StateOptions {
    /// In small parts, each in a run of its own.
    static let resumable = StateOptions {
        $0 = .test
        $0.isResumable = true
        $0.partBytes = 4000
        $0.memoryBudgetBytes = 20 << 10
    }
}

extension ParallelRunner {
    static func threads(_ count: Int) -> ParallelRunner {
        ParallelRunner(width: count) { bodies in
            let group = DispatchGroup()
            for body in bodies.dropFirst() {
                group.enter()
                Thread.detachNewThread {
                    body()
                    group.leave()
                }
            }
            bodies.first?()
            group.wait()
        }
    }
}
