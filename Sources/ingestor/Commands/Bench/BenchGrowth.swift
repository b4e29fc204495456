import ArgumentParser
import EventLog
import Events

/// `bench growth`
struct BenchGrowth: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth", abstract: "Measures what an item costs in a large log beside a small one.",
        discussion: helpDiscussion(
            "Appending, rebuilding in bulk and folding live, in turns; medians. The last events of the small log are appended "
                + "durably to a copy of each, in transactions of 256, sealed and hashed anew. States are built up to the last "
                + "events of each log, and these are folded live. Nothing in either directory is changed; the copies lie in TMPDIR.",
            examples: "ingestor bench log --data /tmp/small --items 100000 --repositories 10",
            "ingestor bench log --data /tmp/large --items 10000000", "ingestor bench growth /tmp/small /tmp/large"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("A data directory.", valueName: "small")) var small: ByteArgument
    @Argument(help: .init("Another one.", valueName: "large")) var large: ByteArgument
    @Option(name: .long, help: .init("Turns of each; the large log is rebuilt in one of three.", valueName: "n"))
    var rounds = 5

    func validate() throws {
        guard 1...10 ~= rounds else { throw ValidationError("--rounds is a number from 1 to 10.") }
    }

    func run(_ context: Context) async throws -> ExitStatus {
        let directories = [
            DataDirectory(path: try context.absoluteText(small)), DataDirectory(path: try context.absoluteText(large)),
        ]
        for directory in directories { try directory.check() }
        return try await Stores.withTemporaryDirectory { temporary in
            var contestants: [GrowthContestant] = []
            for (name, directory) in zip(["small", "large"], directories) {
                contestants.append(
                    try GrowthContestant(directory, temporary: "\(temporary)/\(name)", Stores(context: context)))
            }
            try await measure(contestants, context)
            return .done
        }
    }

    private func measure(_ contestants: [GrowthContestant], _ context: Context) async throws {
        let drafts = try contestants[0].lastDrafts()
        for (name, body) in [
            ("append", { try await $0.append(drafts) }), ("bulk", { try $0.build(skipping: 0) }),
            ("live", { try $0.foldLive() }),
        ] as [(String, (GrowthContestant) async throws -> Double)] {
            if name == "live" {
                context.output.progress("building the states that are folded on")
                for contestant in contestants { try contestant.prepareLive(turns: rounds) }
            }
            var rates: [[Double]] = [[], []]
            for round in 1...rounds {
                for (index, contestant) in contestants.enumerated() {
                    // What takes half a minute varies less.
                    if name == "bulk", index == 1, round % 3 != 1 { continue }
                    context.output.progress("\(name), round \(round) of \(rounds)")
                    rates[index].append(try await body(contestant))
                }
            }
            context.output.clearProgress()
            let medians = rates.map { $0.sorted()[$0.count / 2] }
            // What an item takes, by what it takes in the small log.
            let ratio = medians[0] / medians[1]
            if context.json {
                try context.output.json([
                    ("what", .string(name)), ("smallItems", .uint(contestants[0].items)),
                    ("largeItems", .uint(contestants[1].items)), ("smallItemsPerSecond", .double(medians[0])),
                    ("largeItemsPerSecond", .double(medians[1])), ("costRatio", .double(ratio)),
                ])
            } else {
                try context.output.line(
                    "\(name): \(Units.count(Int(medians[0]))) and \(Units.count(Int(medians[1]))) items a second; an item costs \(Units.fixed(ratio, 2)) times as much"
                )
            }
        }
        for contestant in contestants { await contestant.stop() }
    }
}
