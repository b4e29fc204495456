import ArgumentParser
import EventLog
import Events
import OpenSSL

/// `bench verify`
struct BenchVerify: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks the log, and measures it.",
        discussion: helpDiscussion(
            "As verify --log does: the pages of the file, then every record and the tree, on all cores. The limit is what hashing the "
                + "same records one by one with OpenSSL takes on one core. Without --events the log in --data is read; with it one of "
                + "so many events is made and thrown away.",
            examples: "ingestor bench verify --data /srv/ingestor", "ingestor bench verify --events 2000000"))

    @OptionGroup var global: GlobalOptions
    @Option(name: .long, help: .init("Make a log of so many events of some 200 bytes.", valueName: "n")) var events:
        Int?

    private static let rounds = 3
    /// Events of one append.
    private static let fillBatch = 1024

    func run(_ context: Context) async throws -> ExitStatus {
        guard let events else {
            try context.data.check()
            return try await measure(context.data.log, context)
        }
        let directory = try FileSystem.makeTemporaryDirectory(in: "/tmp", prefix: "bench")
        let status: ExitStatus
        do {
            try await fill(directory + "/log", events, context)
            status = try await measure(directory + "/log", context)
        } catch {
            try FileSystem.removeTree(directory)
            throw error
        }
        try FileSystem.removeTree(directory)
        return status
    }

    private func fill(_ directory: String, _ count: Int, _ context: Context) async throws {
        let log = try EventLog.open(directory: directory, mode: .writer)
        let writer = try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor())
        for start in stride(from: 0, to: count, by: Self.fillBatch) {
            let events = (start..<min(start + Self.fillBatch, count)).map {
                EncodedEvent(AppendContest.draft($0), at: Context.now())
            }
            _ = try await writer.append(AppendRequest(events))
            context.output.progress(start, of: count, "making a log")
        }
        await writer.stop()
    }

    private func measure(_ directory: String, _ context: Context) async throws -> ExitStatus {
        var seconds: (verify: [Double], hash: [Double]) = ([], [])
        var last: LogVerification?
        for round in 0...Self.rounds {
            context.output.progress("round \(round) of \(Self.rounds)")
            // As `verify --log` does it: the file first, before anybody opens it.
            var began = ContinuousClock.now
            guard try EventLog.checkFile(directory: directory).isEmpty else { return .damage }
            let log = try EventLog.open(directory: directory, mode: .reader)
            last = try await log.verify(concurrency: Processors.count)
            let verified = (ContinuousClock.now - began).seconds
            began = ContinuousClock.now
            try Self.hash(log)
            // The first round brings the file into memory.
            if round > 0 {
                seconds.hash.append((ContinuousClock.now - began).seconds)
                seconds.verify.append(verified)
            }
        }
        context.output.clearProgress()
        let (verify, hash) = (seconds.verify.sorted()[Self.rounds / 2], seconds.hash.sorted()[Self.rounds / 2])
        guard let verification = last else { return .failed }
        let count = Double(verification.eventCount)
        if context.json {
            try context.output.json([
                ("events", .uint(verification.eventCount)), ("bytes", .uint(verification.byteCount)),
                ("eventsPerSecond", .double(count / verify)), ("limitEventsPerSecond", .double(count / hash)),
                ("limitRatio", .double(hash / verify)), ("findings", .count(verification.findings.count)),
            ])
        } else {
            try context.output.facts([
                ("events", "\(Units.count(verification.eventCount)), \(Units.bytes(verification.byteCount))"),
                ("checked", "\(Units.count(Int(count / verify))) a second"),
                ("hashed alone", "\(Units.count(Int(count / hash))) a second, one core"),
                ("of the limit", Units.fixed(hash / verify, 2)),
            ])
        }
        return verification.isSound ? .done : .damage
    }

    /// The SHA-256 of each record, and nothing else.
    private static func hash(_ log: EventLog) throws {
        var digest = Digest(.sha256)
        try withUnsafeTemporaryAllocation(byteCount: digest.algorithm.byteCount, alignment: 8) { buffer in
            try log.read { snapshot in
                try snapshot.forEach { _, record in
                    record.withUnsafeBytes { digest.update($0) }
                    digest.finish(into: buffer)
                }
            }
        }
    }
}
