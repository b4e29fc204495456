import EventLog
import Events
import Synchronization
import TestSupport
import Testing

@Suite struct AppendTests {
    /// A task that prefers an executor of its own gives way at every step into the writer, so that callers come in between
    /// where one that prefers none would let nobody in.
    @Test(.timeLimit(.minutes(1))) func callersWithAnExecutorOfTheirOwnAllGetAnAnswer() async throws {
        let directory = try TemporaryDirectory()
        let (log, writer) = try EventLogWriter.open(directory)
        let (callers, rounds): (UInt32, Int) = (8, 200)
        let executor = BlockingExecutor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask(executorPreference: executor) {
                    for _ in 0..<rounds {
                        _ = try await writer.append([tenantAdded(caller)], at: Timestamp(seconds: 1))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try log.count == UInt64(callers) * UInt64(rounds))
    }

    @Test func whatWasAppendedIsReadAfterReopening() async throws {
        let directory = try TemporaryDirectory()
        var heads: [TreeHead] = []
        do {
            let (log, writer) = try EventLogWriter.open(directory)
            #expect(try log.count == 0)
            let first = try await writer.append([tenantAdded(1), tenantAdded(2)], at: Timestamp(seconds: 10))
            #expect(first == .appended(LogPosition(0)..<LogPosition(2)))
            let second = try await writer.append([tenantAdded(3)], at: Timestamp(seconds: 20))
            #expect(second == .appended(LogPosition(2)..<LogPosition(3)))
            heads.append(await writer.treeHead)
        }
        do {
            let (log, writer) = try EventLogWriter.open(directory)
            heads.append(await writer.treeHead)
            _ = try await writer.append([tenantAdded(4)], at: Timestamp(seconds: 20))
            try log.read { snapshot in
                let names = try (0..<5).map { try snapshot.envelope(at: LogPosition($0))?.event }
                #expect(names == (1...4).map { tenantAdded($0).event } + [nil])
                #expect(try snapshot.position(atOrAfter: Timestamp(seconds: 11)) == LogPosition(2))
                #expect(try snapshot.position(atOrAfter: Timestamp(seconds: 20)) == LogPosition(2))
                #expect(try snapshot.position(atOrAfter: Timestamp(seconds: 0)) == LogPosition(0))
                #expect(try snapshot.position(atOrAfter: Timestamp(seconds: 21)) == snapshot.end)
                heads.append(TreeHead(size: 3, root: try snapshot.root(size: 3)))
            }
            #expect(try await log.verify().isSound)
        }
        #expect(Set(heads).count == 1)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func manyCallersShareTransactionsAndKeepTheirOrder(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let ledger = Ledger()
        let (log, writer) = try EventLogWriter.open(
            directory, follower: ledger, limits: .init { $0.batchEvents = 50 })
        // Each caller's own events have to keep their order, and each sees what it wrote.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<64 as Range<UInt32> {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(caller))
                    var last: LogPosition?
                    for step in 0..<20 as Range<UInt32> {
                        for _ in 0..<Int.random(in: 0..<3, using: &random) { await Task.yield() }
                        let count = UInt32.random(in: 1...4, using: &random)
                        let drafts = (0..<count).map { tenantAdded(caller, name: "\(caller)/\(step)/\($0)") }
                        let time = Timestamp(seconds: Int64.random(in: 0..<100, using: &random))
                        guard case .appended(let range) = try await writer.append(drafts, at: time) else {
                            Issue.record("seed \(seed): nothing was claimed")
                            return
                        }
                        #expect(range.upperBound.rawValue - range.lowerBound.rawValue == UInt64(count))
                        if let last { #expect(last < range.lowerBound) }
                        last = range.lowerBound
                        try log.read { snapshot in
                            for (offset, draft) in drafts.enumerated() {
                                let envelope = try snapshot.envelope(at: range.lowerBound + offset)
                                #expect(envelope?.event == draft.event)
                            }
                        }
                        #expect(try ledger.holder(of: Claim(Array("\(caller)/\(step)/0".utf8))) == range.lowerBound)
                    }
                }
            }
            try await group.waitForAll()
        }
        let verification = try await log.verify()
        #expect(verification.findings == [], "seed \(seed)")
        #expect(try verification.eventCount == log.count)
        let batches = ledger.contents.withLock { $0.batches }
        #expect(batches.count < 64 * 20 / 2, "group commit took \(batches.count) transactions")
        #expect(batches.allSatisfy { $0 <= 50 })
    }

    @Test func timeNeverDecreases() async throws {
        let directory = try TemporaryDirectory()
        let (log, writer) = try EventLogWriter.open(directory)
        for (index, seconds) in [5, 3, 9, 9, 1, 10].enumerated() as EnumeratedSequence<[Int64]> {
            _ = try await writer.append([tenantAdded(UInt32(index))], at: Timestamp(seconds: seconds))
        }
        try log.read { snapshot in
            let times = try (0..<6).map { try snapshot.header(at: LogPosition($0))?.time.seconds }
            #expect(times == [5, 5, 9, 9, 9, 10])
        }
        #expect(try await log.verify().isSound)
    }

    @Test func expectationsAndClaimsAcrossBatches() async throws {
        let directory = try TemporaryDirectory()
        let (log, writer) = try EventLogWriter.open(directory, follower: Ledger())
        let claim = Claim(Array("a".utf8), eventIndex: 1)
        let time = Timestamp(seconds: 1)
        let added = try await writer.append([tenantAdded(1), tenantAdded(2, name: "a")], at: time, claims: [claim])
        #expect(added == .appended(LogPosition(0)..<LogPosition(2)))
        let again = try await writer.append([tenantAdded(3, name: "a")], at: time, claims: [claim])
        #expect(again == .alreadyClaimed(by: LogPosition(1)))
        let repository = RepositoryID(2)
        _ = try await writer.append([removal(.itself)], at: time)
        let draft = removal(.position(LogPosition(2)))
        _ = try await writer.append([draft], at: time, expectation: .repository(repository, isAt: LogPosition(2)))
        let conflict = await #expect(throws: AppendError.self) {
            try await writer.append([draft], at: time, expectation: .repository(repository, isAt: LogPosition(2)))
        }
        #expect(conflict?.code == .conflict)
        #expect(conflict?.actual == LogPosition(3))
        #expect(try log.count == 4)
    }

    @Test func expectationsAndClaimsWithinABatch() async throws {
        let directory = try TemporaryDirectory()
        let ledger = Ledger()
        let (log, writer) = try EventLogWriter.open(directory, follower: ledger)
        _ = try await writer.append([removal(.itself)], at: Timestamp(seconds: 1))
        // All decide on the same state and claim one of two keys; so one of each wins.
        let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
            for caller in 0..<64 as Range<UInt32> {
                group.addTask {
                    let key = "key \(caller % 2)"
                    do {
                        let result =
                            if caller < 32 {
                                try await writer.append(
                                    [tenantAdded(caller, name: key)], at: Timestamp(seconds: 1),
                                    claims: [Claim(Array(key.utf8))])
                            } else {
                                try await writer.append(
                                    [removal(.position(LogPosition(0)))], at: Timestamp(seconds: 1),
                                    expectation: .repository(RepositoryID(0), isAt: LogPosition(0)))
                            }
                        return if case .appended = result { "appended" } else { "claimed" }
                    } catch let error as AppendError {
                        return error.code.rawValue
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(outcomes == ["appended": 3, "claimed": 30, "conflict": 31])
        #expect(try log.count == 4)
        #expect(ledger.contents.withLock { $0.batches.count } < 4)
    }

    @Test func theQueueHasAnEnd() async throws {
        let directory = try TemporaryDirectory()
        let (_, writer) = try EventLogWriter.open(
            directory,
            limits: .init {
                $0.pendingRequests = 8
                $0.requestBytes = 1000
            })
        let large = await #expect(throws: AppendError.self) {
            try await writer.append(
                [tenantAdded(1, name: String(repeating: "x", count: 1000))], at: Timestamp(seconds: 1))
        }
        #expect(large?.code == .tooLarge)
        let codes = await withTaskGroup(of: String.self) { group in
            for caller in 0..<200 as Range<UInt32> {
                group.addTask {
                    do {
                        _ = try await writer.append([tenantAdded(caller)], at: Timestamp(seconds: 1))
                        return "appended"
                    } catch {
                        return (error as? AppendError)?.code.rawValue ?? "\(error)"
                    }
                }
            }
            return await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(codes == ["appended", "overloaded"])
    }

    private func removal(_ repository: Reference) -> EventDraft {
        EventDraft(
            .repositoryRemoved(RepositoryRemoved(locator: Locator(provider: "git", source: [1]))), tenant: TenantID(1),
            repository: repository)
    }
}
