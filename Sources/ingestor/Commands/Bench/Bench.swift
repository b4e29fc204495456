import ArgumentParser

/// `bench`
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures on your own data, and prints each rate beside the machine's limit.",
        discussion: helpDiscussion(
            examples: "ingestor bench dedup ~/code", "ingestor bench append", "ingestor bench replay"),
        subcommands: [
            BenchDedup.self, BenchAppend.self, BenchVerify.self, BenchReplay.self, BenchGrowth.self, BenchLog.self,
        ])
}
