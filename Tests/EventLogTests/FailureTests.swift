import EventLog
import Events
import LMDB
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct FailureTests {
    /// A write that fails stops the writer for good, and costs nothing that was acknowledged.
    @Test func aFullMapStopsTheWriter() async throws {
        let directory = try TemporaryDirectory()
        var acknowledged: UInt64 = 0
        do {
            let (log, writer) = try EventLogWriter.open(
                directory,
                options: .init {
                    $0.mapSizeBytes = 1 << 20; $0.maximumMapSizeBytes = 1 << 20
                })
            var failure: AppendError?
            while failure == nil {
                do {
                    let name = String(repeating: "x", count: 10_000)
                    _ = try await writer.append(
                        [tenantAdded(UInt32(acknowledged), name: name)], at: Timestamp(seconds: 1))
                    acknowledged += 1
                } catch {
                    failure = error as? AppendError
                    #expect(failure != nil)
                }
            }
            #expect(failure?.code == .writerStopped)
            #expect((failure?.cause as? LMDBError)?.code == .mapFull)
            let later = await #expect(throws: AppendError.self) {
                try await writer.append([tenantAdded(1)], at: Timestamp(seconds: 1))
            }
            #expect(later?.code == .writerStopped)
            #expect(try log.count == acknowledged)
        }
        let (log, writer) = try EventLogWriter.open(directory)
        #expect(try await log.verify().isSound)
        #expect(acknowledged > 10)
        let result = try await writer.append([tenantAdded(1)], at: Timestamp(seconds: 1))
        #expect(result == .appended(LogPosition(acknowledged)..<LogPosition(acknowledged + 1)))
    }

    private struct Refusal: Error {}

    @Test func aFollowerThatFailsStopsEverybody() async throws {
        let directory = try TemporaryDirectory()
        let ledger = Ledger()
        let (log, writer) = try EventLogWriter.open(directory, follower: ledger)
        _ = try await writer.append([tenantAdded(1)], at: Timestamp(seconds: 1))
        ledger.contents.withLock { $0.failure = Refusal() }
        await withTaskGroup(of: AppendError?.self) { group in
            for caller in 0..<64 as Range<UInt32> {
                group.addTask {
                    await #expect(throws: AppendError.self) {
                        try await writer.append([tenantAdded(caller)], at: Timestamp(seconds: 1))
                    }
                }
            }
            for await error in group {
                #expect(error?.code == .writerStopped)
                #expect(error?.cause is Refusal)
            }
        }
        // What the failed batch held is durable; later ones were not begun.
        #expect(try await log.verify().isSound)
    }

    @Test func aSecondWriterIsNoticed() async throws {
        let directory = try TemporaryDirectory()
        let (log, writer) = try EventLogWriter.open(directory)
        let other = try EventLogWriter(log: log, follower: Indifferent(), executor: ThreadExecutor())
        _ = try await other.append([tenantAdded(1)], at: Timestamp(seconds: 1))
        let error = await #expect(throws: AppendError.self) {
            try await writer.append([tenantAdded(2)], at: Timestamp(seconds: 1))
        }
        #expect(error?.code == .writerStopped)
        #expect(try log.count == 1)
    }
}
