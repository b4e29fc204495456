import EventLog
import Events
import LMDB
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.serialized) struct ProcessTests {
    /// Whatever a process acknowledged before it was killed is there, and before it lies everything in order.
    @Test func killingTheProcessLosesNothingAcknowledged() async throws {
        var random = SeededGenerator(seed: 1)
        var acknowledgedInAll = 0
        for round in 0..<12 {
            let directory = try TemporaryDirectory()
            let path = directory.path
            let delayMicroseconds = Int.random(in: 0...150_000, using: &random)
            // The first rounds may end while the log is being made.
            let isCountedFromOpen = round > 3
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, delay = delayMicroseconds as Int, isCountedFromOpen = isCountedFromOpen as Bool]
                in
                try await appendUntilKilled(path, afterMicroseconds: delay, isCountedFromOpen: isCountedFromOpen)
            }
            let acknowledgements = try readAcknowledgements(path)
            acknowledgedInAll += acknowledgements.count
            // As a writer, since the process may not have lived to make the log.
            let log = try EventLog.open(directory: path, mode: .writer)
            let verification = try await log.verify()
            #expect(verification.findings == [], "round \(round), \(delayMicroseconds) µs")
            try log.read { snapshot in
                for acknowledgement in acknowledgements {
                    let envelope = try snapshot.envelope(at: acknowledgement.position)
                    #expect(envelope?.header.tenant == TenantID(acknowledgement.tenant), "round \(round)")
                }
            }
        }
        #expect(acknowledgedInAll > 0)
    }

    /// A reader in one process sees what a writer in another one appends.
    @Test func followingSeesAppendsOfAnotherProcess() async throws {
        let directory = try TemporaryDirectory()
        try await fill(directory, count: 3)
        let log = try EventLog.open(directory: directory.path, mode: .reader)
        async let followed: [UInt32] = {
            var tenants: [UInt32] = []
            var next = LogPosition(0)
            for try await batch in log.follow(from: next, every: .milliseconds(2), clock: .continuous) {
                #expect(batch.range.lowerBound == next)
                next = batch.range.upperBound
                tenants += try batch.envelopes().map { $0.header.tenant.rawValue }
                if tenants.count >= 203 { break }
            }
            return tenants
        }()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let log = try EventLog.open(directory: path, mode: .writer)
            let writer = try EventLogWriter(log: log, follower: Indifferent(), executor: ThreadExecutor())
            for index in 3..<203 as Range<UInt32> {
                _ = try await writer.append([tenantAdded(index)], at: Timestamp(seconds: 5000))
            }
        }
        #expect(try await followed == Array(0..<203))
    }

    /// A device that takes no more bytes: the writer stops with the reason, and what it had acknowledged stays.
    @Test func aFailedWriteStopsTheWriter() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .exitCode(7)) { [path = directory.path as String] in
            try await appendUntilTheFileMayNotGrow(path)
        }
        let acknowledgements = try readAcknowledgements(directory.path)
        #expect(acknowledgements.count > 3)
        let log = try EventLog.open(directory: directory.path, mode: .writer)
        #expect(try await log.verify().isSound)
        #expect(try log.count == UInt64(acknowledgements.count))
    }
}

/// What a child process writes, 12 bytes each, as soon as an append has returned.
private struct Acknowledgement {
    let position: LogPosition
    let tenant: UInt32
}

private func readAcknowledgements(_ path: String) throws -> [Acknowledgement] {
    let file = open(path + "/acknowledged", O_RDONLY)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var acknowledgements: [Acknowledgement] = []
    var buffer = [UInt8](repeating: 0, count: 12)
    while read(file, &buffer, 12) == 12 {
        var reader = ByteReader(buffer.span.bytes)
        acknowledgements.append(.init(position: LogPosition(try reader.uint64()), tenant: try reader.uint32()))
    }
    return acknowledgements
}

private func acknowledge(_ result: AppendResult, tenant: UInt32, to file: Int32) {
    guard case .appended(let range) = result else { return }
    var bytes: [UInt8] = []
    bytes.append(bigEndian: range.lowerBound.rawValue)
    bytes.append(bigEndian: tenant)
    _ = write(file, bytes, bytes.count)
}

private func openAcknowledgements(_ path: String) -> Int32 {
    open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
}

/// Runs in a child: eight callers append until a thread kills the process, in whatever it is doing.
private func appendUntilKilled(
    _ path: String, afterMicroseconds delay: Int, isCountedFromOpen: Bool
) async throws {
    let file = openAcknowledgements(path)
    @Sendable func killLater() {
        Task.detached {
            try await Task.sleep(for: .microseconds(delay))
            kill(getpid(), SIGKILL)
        }
    }
    if !isCountedFromOpen { killLater() }
    let log = try EventLog.open(directory: path, mode: .writer)
    let writer = try EventLogWriter(log: log, follower: Indifferent(), executor: ThreadExecutor())
    if isCountedFromOpen { killLater() }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<8 as Range<UInt32> {
            group.addTask {
                for step in 0..<100_000 as Range<UInt32> {
                    let tenant = caller << 24 | step
                    let drafts = [tenantAdded(tenant), tenantAdded(tenant)]
                    acknowledge(try await writer.append(drafts, at: Timestamp(seconds: 1)), tenant: tenant, to: file)
                }
            }
        }
        try await group.waitForAll()
    }
}

/// Runs in a child: appends until the system refuses to make the file longer, and exits with 7 where that is reported.
private func appendUntilTheFileMayNotGrow(_ path: String) async throws {
    let file = openAcknowledgements(path)
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: 300_000, rlim_max: 300_000)
    #if canImport(Glibc)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    #else
        setrlimit(RLIMIT_FSIZE, &limit)
    #endif
    let log = try EventLog.open(directory: path, mode: .writer)
    let writer = try EventLogWriter(log: log, follower: Indifferent(), executor: ThreadExecutor())
    for tenant in 0..<1000 as Range<UInt32> {
        do {
            let draft = tenantAdded(tenant, name: String(repeating: "x", count: 3000))
            acknowledge(try await writer.append([draft], at: Timestamp(seconds: 1)), tenant: tenant, to: file)
        } catch let error as AppendError where error.code == .writerStopped && error.cause is LMDBError {
            do {
                _ = try await writer.append([tenantAdded(tenant)], at: Timestamp(seconds: 1))
            } catch let error as AppendError where error.code == .writerStopped {
                exit(7)
            }
        }
    }
}
