import ArgumentParser
import EventLog
import Events
import LMDB

/// `bench append`
struct BenchAppend: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "append", abstract: "Appends events durably to a log that is thrown away, and measures it.",
        discussion: helpDiscussion(
            "In batches of 1, 16 and 256. TREE is the share of the time that the Merkle tree over the events takes. The limit is a bare loop over the database with the same records, taken in turns with the "
                + "measurement. It is made below --data if there is one, so that the same disk is measured.",
            examples: "ingestor bench append --data /srv/ingestor"))

    @OptionGroup var global: GlobalOptions
    @Option(name: .long, help: .init("How long each round takes.", valueName: "seconds")) var seconds = 0.3

    private static let batches = [1, 16, 256]
    private static let rounds = 5
    /// Events of one request where a log is filled.
    static let fillBatch = 1024

    func validate() throws {
        guard seconds > 0, seconds <= 60 else { throw ValidationError("--seconds is a number above 0, up to 60.") }
    }

    func run(_ context: Context) async throws -> ExitStatus {
        let isThere = try FileSystem.kind(context.data.path) == .directory
        let parent = isThere ? context.data.path : "/tmp"
        let directory = try FileSystem.makeTemporaryDirectory(in: parent, prefix: "bench")
        do { try await measure(directory, context) } catch {
            try FileSystem.removeTree(directory)
            throw error
        }
        try FileSystem.removeTree(directory)
        return .done
    }

    private func measure(_ directory: String, _ context: Context) async throws {
        let log = try EventLog.open(directory: directory + "/log", mode: .writer)
        let writer = try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor())
        let bare = try Environment(path: directory + "/bare", options: .init())
        let database = try bare.database("records")
        var key: UInt64 = 0
        var table = Table([
            ("BATCH", .right), ("EVENTS/S", .right), ("BYTES/S", .right), ("LIMIT", .right), ("OF THE LIMIT", .right),
            ("TREE", .right),
        ])
        let nodeSeconds = Self.nodeSeconds()
        for batch in Self.batches {
            let events = (0..<batch).map { index in EncodedEvent(Self.draft(index), at: Context.now()) }
            let byteCount = events.reduce(0) { $0 + $1.record.count }
            var ours: [Double] = []
            var limit: [Double] = []
            for round in 1...Self.rounds {
                context.output.progress("batches of \(batch), round \(round) of \(Self.rounds)")
                ours += [try await Self.rate(seconds, batch) { _ = try await writer.append(AppendRequest(events)) }]
                limit += [
                    try await Self.rate(seconds, batch) {
                        try bare.write { transaction in
                            for event in events {
                                try transaction.append(database, key, event.record)
                                key += 1
                            }
                        }
                    }
                ]
            }
            context.output.clearProgress()
            // Medians: one flush that takes long then counts for little.
            let ratio = Self.median(zip(ours, limit).map { $0 / $1 })
            let (eventsPerSecond, limitPerSecond) = (Self.median(ours), Self.median(limit))
            let bytesPerSecond = eventsPerSecond * Double(byteCount) / Double(batch)
            if context.json {
                try context.output.json([
                    ("batch", .count(batch)), ("eventsPerSecond", .double(eventsPerSecond)),
                    ("bytesPerSecond", .double(bytesPerSecond)),
                    ("limitEventsPerSecond", .double(limitPerSecond)), ("limitRatio", .double(ratio)),
                    ("treeShare", .double(nodeSeconds * eventsPerSecond)),
                ])
            } else {
                table.add(
                    "\(batch)", Units.count(Int(eventsPerSecond)), "\(Units.bytes(Int(bytesPerSecond)))",
                    Units.count(Int(limitPerSecond)),
                    Units.fixed(ratio, 2), "\(Units.fixed(100 * nodeSeconds * eventsPerSecond, 1)) %")
            }
        }
        if !context.json { try context.output.table(table) }
        await writer.stop()
    }

    /// A record of about 256 bytes.
    static func draft(_ index: Int) -> EventDraft {
        let validator = (0..<128).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
        let event = PollCompleted(
            changed: false, head: nil, ref: Array("refs/heads/main".utf8), validator: validator, requests: 1)
        return EventDraft(.pollCompleted(event), tenant: TenantID(1))
    }

    /// Events a second of a `body` that does `batch` of them, over `seconds`.
    private static func rate(_ seconds: Double, _ batch: Int, _ body: () async throws -> Void) async throws -> Double {
        var events = 0
        let began = ContinuousClock.now
        var elapsed = 0.0
        while elapsed < seconds {
            try await body()
            events += batch
            elapsed = (ContinuousClock.now - began).seconds
        }
        return Double(events) / elapsed
    }

    /// What an event's share of the Merkle tree takes: a leaf more means one node more, on average.
    private static func nodeSeconds() -> Double {
        let count = 200_000
        var hasher = SHA256Hasher()
        var node = hasher.hash([0])
        let began = ContinuousClock.now
        for _ in 0..<count { node = hasher.node(node, node) }
        let seconds = (ContinuousClock.now - began).seconds
        // So that nobody leaves the loop out.
        precondition(node != hasher.hash([0]), "a chain of hashes came back to its beginning")
        return seconds / Double(count)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// The log alone is measured, without a state behind it.
struct NoFollower: LogFollower {
    func fold(_ batch: CommittedBatch) throws {}
    func lastPosition(of repository: RepositoryID) throws -> LogPosition? { nil }
    func holder(of claim: Claim) throws -> LogPosition? { nil }
}
