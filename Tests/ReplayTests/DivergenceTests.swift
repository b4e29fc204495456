import EventGenerator
import EventLog
import Events
import Foundation
import LMDB
import Projections
import Replay
import State
import Testing

/// Where a kept state is not what the log says, that is found and its first event named.
@Suite struct DivergenceTests {
    private final class Directory: Sendable {
        let path = FileManager.default.temporaryDirectory.appending(path: "divergence-\(UUID().uuidString)").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
    }

    private struct NoFollower: LogFollower {
        func fold(_ batch: CommittedBatch) throws {}
        func lastPosition(of repository: RepositoryID) throws -> LogPosition? { nil }
        func holder(of claim: Claim) throws -> LogPosition? { nil }
    }

    private static let options = StateOptions {
        $0.mapSizeBytes = 1 << 30
        $0.bootID = [1]
    }

    private static func openLog(_ path: String) throws -> EventLog {
        try EventLog.open(directory: path, mode: .writer, options: .init { $0.mapSizeBytes = 1 << 30 })
    }

    private static func drafts(seed: UInt64, count: Int) -> [EventDraft] {
        var stream = EventStream(seed: seed)
        return stream.next(count).map { $0.draft }
    }

    private static func append(_ drafts: [EventDraft], to writer: EventLogWriter) async throws {
        for start in stride(from: 0, to: drafts.count, by: 100) {
            _ = try await writer.append(
                Array(drafts[start..<min(start + 100, drafts.count)]), at: Timestamp(seconds: 1000 + Int64(start)))
        }
    }

    private static func items(_ path: String, content: UInt8 = 7) -> EventDraft {
        let hash = [UInt8](repeating: content, count: SHA1Hash.byteCount).withUnsafeBytes { SHA1Hash($0) }
        let item = ItemChange(
            path: Array(path.utf8), content: .upserted(mode: 0o100644, hash: hash, size: 5), replaces: nil)
        return EventDraft(
            .itemsChanged(ItemsChanged(ref: .watched, items: [item])), tenant: TenantID(1),
            repository: .position(LogPosition(0)))
    }

    private static func findings(_ log: EventLog, _ live: StateStore, _ directory: Directory) throws
        -> [ProjectionFinding]
    {
        let path = directory("rebuilt-\(UUID().uuidString)")
        let report = try Replay.rebuild(log: log, into: path, options: options, now: { Timestamp(seconds: 0) })
        let rebuilt = try StateStore.open(directory: path, log: log, mode: .reader, options: options)
        return try live.read { view in try Replay.findings(report, rebuilt: rebuilt, live: view, log: log) }
    }

    /// One event is folded as if it were another one: the event is named, for each projection that it concerns.
    @Test(arguments: [31, 32] as [UInt64])
    func aWrongFoldIsTracedToItsEvent(seed: UInt64) async throws {
        let directory = try Directory()
        let wrongAt = 217
        var drafts = Self.drafts(seed: seed, count: 400)
        drafts[wrongAt] = Self.items("only here")
        let log = try Self.openLog(directory("log"))
        try await Self.append(
            drafts, to: try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor()))
        var wrong = drafts
        // Another path would not do: that is sealed, and in no digest.
        wrong[wrongAt] = Self.items("only here", content: 8)
        var unfolded = Self.options
        unfolded.catchUpOnOpen = false
        let live = try StateStore.open(directory: directory("state"), log: log, mode: .writer, options: unfolded)
        let other = try Self.openLog(directory("other"))
        try await Self.append(
            wrong, to: try EventLogWriter(log: other, follower: live, executor: ThreadExecutor()))
        let findings = try Self.findings(log, live, directory)
        let files = try #require(findings.first { $0.projection == FilesProjection.name })
        #expect(files.cause == .fold)
        #expect(files.firstPosition == LogPosition(UInt64(wrongAt)), "seed \(seed)")
        #expect(findings.compactMap(\.firstPosition).min() == LogPosition(UInt64(wrongAt)), "seed \(seed)")
    }

    /// A row that was changed behind the state's back is found although the digests that were kept are right.
    @Test func aPlantedRowIsTracedToTheEventsOfItsKey() async throws {
        let directory = try Directory()
        let log = try Self.openLog(directory("log"))
        var drafts = Self.drafts(seed: 41, count: 300)
        drafts[150] = Self.items("planted")
        try await Self.append(
            drafts, to: try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor()))
        _ = try StateBuilder.build(log: log, into: directory("state"), options: Self.options)
        do {
            let live = try StateStore.open(
                directory: directory("state"), log: log, mode: .reader, options: Self.options)
            #expect(try Self.findings(log, live, directory).isEmpty)
        }
        do {
            let environment = try Environment(path: directory("state"), options: .init { $0.mapSizeBytes = 1 << 30 })
            let table = try environment.database(Table.files.name)
            try environment.write { transaction in
                var planted: ([UInt8], [UInt8])?
                try transaction.forEach(table) { key, row in
                    let key = key.withUnsafeBytes { Array($0) }
                    guard String(decoding: key, as: UTF8.self).contains("planted") else { return true }
                    planted = (key, row.withUnsafeBytes { Array($0) })
                    return false
                }
                var (key, row) = try #require(planted)
                row[10] ^= 0x04
                try transaction.put(table, key, row)
            }
        }
        let live = try StateStore.open(directory: directory("state"), log: log, mode: .reader, options: Self.options)
        let findings = try Self.findings(log, live, directory)
        #expect(findings.map(\.projection) == [FilesProjection.name])
        #expect(findings.first?.cause == .rows)
        #expect(findings.first?.firstPosition == LogPosition(150))
        #expect(findings.first?.rows.count == 1)
    }

    /// Digests in the log are checked by every replay, and the first that differs is named.
    @Test func aRecordedDigestThatDiffersIsNamed() async throws {
        let directory = try Directory()
        let log = try Self.openLog(directory("log"))
        let store = try StateStore.open(
            directory: directory("state"), log: log, mode: .writer, options: Self.options)
        let writer = try EventLogWriter(log: log, follower: store, executor: ThreadExecutor())
        var recorded: [(count: UInt64, position: UInt64)] = []
        for (round, start) in stride(from: 0, to: 400, by: 50).enumerated() {
            try await Self.append(Array(Self.drafts(seed: 51, count: 400)[start..<start + 50]), to: writer)
            var digest = try store.read { StateDigest(count: try $0.count, parts: try $0.digests().parts) }
            // For a while the state is another one than the log says.
            if round == 4 || round == 5 {
                let index = try #require(digest.parts.firstIndex { $0.projection == FilesProjection.name })
                digest.parts[index].digest = [UInt8](repeating: 1, count: 32).withUnsafeBytes { SHA256Hash($0) }
            }
            // One that another version wrote says nothing.
            if round == 2 { for index in digest.parts.indices { digest.parts[index].version += 1 } }
            if round != 2 { recorded.append((digest.count, try store.count)) }
            _ = try await writer.append(
                [EventDraft(.stateDigest(digest), tenant: .none)], at: Timestamp(seconds: 2000))
        }
        let report = try Replay.rebuild(
            log: log, into: directory("rebuilt"), options: Self.options, now: { Timestamp(seconds: 0) })
        #expect(report.checks.map(\.count) == recorded.map(\.count))
        #expect(report.checks.map { !$0.differing.isEmpty } == (0..<7).map { $0 == 3 || $0 == 4 })
        #expect(report.firstDifference?.position == LogPosition(recorded[3].position))
        #expect(report.firstDifference?.differing == [FilesProjection.name])
        #expect(report.agreedCount == recorded[2].count)
        // And the state itself is what the log says.
        #expect(try store.read { try Replay.compare(report, with: $0) }.isEqual)
    }

    /// Folding that goes wrong from some event on parts from building exactly there.
    @Test(arguments: [0, 1, 77, 298, 299] as [UInt64])
    func bisectionFindsTheEvent(wrongFrom: UInt64) async throws {
        let directory = try Directory()
        let log = try Self.openLog(directory("log"))
        try await Self.append(
            Self.drafts(seed: 61, count: 300),
            to: try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor()))
        let found = try Replay.firstPosition(
            after: 0, upTo: 300, in: log, directory: directory("bisection"), options: Self.options,
            fold: { state, end in try state.fold(to: end > wrongFrom ? end - 1 : end) })
        #expect(found == LogPosition(wrongFrom))
        let none = try Replay.firstPosition(
            after: 0, upTo: 300, in: log, directory: directory("none"), options: Self.options,
            fold: { state, end in try state.fold(to: end) })
        #expect(none == nil)
    }
}
