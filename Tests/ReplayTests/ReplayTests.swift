import EventGenerator
import EventLog
import Events
import Foundation
import Replay
import State
import Testing

@Suite struct ReplayTests {
    /// A state that was kept live through the log's writer is the one that a replay builds, at every position tried; and
    /// nothing is read before it was folded.
    @Test(arguments: [1, 2] as [UInt64])
    func aKeptStateIsTheReplayedOne(seed: UInt64) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let log = try EventLog.open(
            directory: directory + "/log", mode: .writer, options: .init { $0.mapSizeBytes = 1 << 30 })
        let options = StateOptions {
            $0.mapSizeBytes = 1 << 30
            $0.bootID = [1]
        }
        let store = try StateStore.open(
            directory: directory + "/state", log: log, mode: .writer, options: options)
        let writer = try EventLogWriter(log: log, follower: store, executor: ThreadExecutor())
        var stream = EventStream(seed: seed)
        var random = SeededGenerator(seed: seed)
        for round in 0..<12 {
            let batch = stream.next(1 + random.below(60))
            _ = try await writer.append(AppendRequest(batch.map { EncodedEvent($0.draft, at: $0.time) }))
            #expect(try store.count == stream.count)
            let report = try Replay.rebuild(
                log: log, into: directory + "/replay-\(round)", options: options, now: { Timestamp(seconds: 0) })
            let difference = try store.read { try Replay.compare(report, with: $0) }
            #expect(difference.isEqual, "seed \(seed), \(stream.count) events: \(difference)")
            #expect(difference.liveDigest == report.stateDigest)
            if round > 0 {
                let earlier = try Replay.rebuild(
                    log: log, upTo: stream.count - 1, into: directory + "/earlier-\(round)", options: options,
                    now: { Timestamp(seconds: 0) })
                #expect(try !store.read { try Replay.compare(earlier, with: $0) }.isEqual)
            }
        }
    }
}
