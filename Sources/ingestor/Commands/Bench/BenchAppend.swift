import ArgumentParser
import Events

/// `bench append`
struct BenchAppend: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "append", abstract: "Appends events durably to a log that is thrown away, and measures it.",
        discussion: helpDiscussion(
            "In batches of 1, 16 and 256. The limit is a bare loop over the database with the same records, taken in turns with "
                + "the measurement. TREE is the share of the time that the Merkle tree takes: what the loop takes longer with "
                + "one. SEALED has all that comes before as well: encoding, sealing and hashing, in the same thread. With --callers there are "
                + "two more columns: as many callers at a time, each of which waits for its own batch. It is made below --data if "
                + "there is one, so that the same disk is measured.",
            examples: "ingestor bench append --data /srv/ingestor"))

    @OptionGroup var global: GlobalOptions
    @Option(name: .long, help: .init("How long each turn takes.", valueName: "seconds")) var seconds = 0.3
    @Option(name: .long, help: .init("Turns of each.", valueName: "n")) var rounds = 5
    @Option(name: .long, help: .init("Events of a transaction; repeatable.", valueName: "n")) var batch = [1, 16, 256]

    @Option(name: .long, help: .init("Measure so many callers at a time, too.", valueName: "n")) var callers = 1

    func validate() throws {
        guard 1...1024 ~= callers else { throw ValidationError("--callers is a number from 1 to 1,024.") }
        guard seconds > 0, seconds <= 60 else { throw ValidationError("--seconds is a number above 0, up to 60.") }
        guard 1...1000 ~= rounds else { throw ValidationError("--rounds is a number from 1 to 1,000.") }
        guard batch.allSatisfy({ 1...4096 ~= $0 }) else {
            throw ValidationError("--batch is a number from 1 to 4,096.")
        }
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
        let contest = try AppendContest(directory: directory, seconds: seconds)
        let recordBytes = AppendContest.recordByteCount()
        var table = Table([
            ("BATCH", .right), ("EVENTS/S", .right), ("BYTES/S", .right), ("LIMIT", .right), ("OF THE LIMIT", .right),
            ("TREE", .right), ("SEALED", .right), ("READ", .right), ("TOGETHER", .right), ("SEALED", .right),
        ])
        for batch in batch {
            let rates = try await contest.measure(batch: batch, rounds: rounds, callers: callers) {
                context.output.progress("batches of \(batch), round \($0) of \(rounds)")
            }
            context.output.clearProgress()
            let result = Result(rates)
            if context.json {
                try context.output.json([
                    ("batch", .count(batch)), ("recordBytes", .count(recordBytes)),
                    ("eventsPerSecond", .double(result.log)),
                    ("bytesPerSecond", .double(result.log * Double(recordBytes))),
                    ("limitEventsPerSecond", .double(result.limit)), ("limitRatio", .double(result.ratio)),
                    ("treeShare", .double(result.treeShare)), ("sealedEventsPerSecond", .double(result.sealed)),
                    ("sealedRatio", .double(result.sealedRatio)), ("readEventsPerSecond", .double(result.read)),
                    ("callers", .count(callers)),
                    ("togetherEventsPerSecond", result.together.map { .double($0) } ?? .null),
                    ("sealedTogetherEventsPerSecond", result.sealedTogether.map { .double($0) } ?? .null),
                ])
            } else {
                table.add(
                    "\(batch)", Units.count(Int(result.log)),
                    "\(Units.bytes(Int(result.log * Double(recordBytes))))", Units.count(Int(result.limit)),
                    Units.fixed(result.ratio, 2), "\(Units.fixed(100 * result.treeShare, 1)) %",
                    Units.count(Int(result.sealed)), Units.count(Int(result.read)),
                    result.together.map { Units.count(Int($0)) } ?? "",
                    result.sealedTogether.map { Units.count(Int($0)) } ?? "")
            }
        }
        if !context.json { try context.output.table(table) }
        await contest.stop()
    }

    /// Medians: one flush that takes long then counts for little.
    private struct Result {
        let log: Double
        let limit: Double
        /// Of the log's rate and the loop's beside it.
        let ratio: Double
        let treeShare: Double
        let sealed: Double
        let sealedRatio: Double
        let read: Double
        /// Nil where only one called.
        let together: Double?
        let sealedTogether: Double?

        init(_ rates: AppendContest.Rates) {
            log = Self.median(rates.log)
            limit = Self.median(rates.bare)
            ratio = Self.median(zip(rates.log, rates.bare).map { $0 / $1 })
            // Seconds an event, with and without it, by the log's own.
            treeShare = max(
                0,
                Self.median(
                    zip(rates.log, zip(rates.bare, rates.bareWithTree)).map { log, bare in
                        (1 / bare.1 - 1 / bare.0) * log
                    }
                ))
            sealed = Self.median(rates.sealed)
            sealedRatio = Self.median(zip(rates.sealed, rates.bare).map { $0 / $1 })
            read = Self.median(rates.read)
            together = rates.together.isEmpty ? nil : Self.median(rates.together)
            sealedTogether = rates.sealedTogether.isEmpty ? nil : Self.median(rates.sealedTogether)
        }

        private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    }
}
