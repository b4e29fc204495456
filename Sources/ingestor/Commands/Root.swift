import ArgumentParser

/// The program: all commands.
struct Root: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingestor",
        abstract: "Keeps every version of code once, and can prove what it took in, when, and why.",
        discussion: helpDiscussion(
            "Fetches sources of code (git:URL, dir:PATH), keeps every distinct content once, and writes what happened to an "
                + "append-only log, from which everything else can be rebuilt.",
            examples: "ingestor init", "ingestor sync git:https://github.com/apple/swift-argument-parser",
            "ingestor files git:https://github.com/apple/swift-argument-parser", "ingestor demo"),
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Sources",
                subcommands: [
                    Initialize.self, Repo.self, Sync.self, CredentialsCommand.self, Tenants.self, Tokens.self,
                    Serve.self,
                ]),
            CommandGroup(name: "Content", subcommands: [Files.self, Cat.self, ShowBlob.self, ExportTree.self]),
            CommandGroup(
                name: "What happened",
                subcommands: [ShowLog.self, Explain.self, Status.self, Stats.self, DeadLetters.self]),
            CommandGroup(
                name: "Proof",
                subcommands: [Verify.self, ReplayLog.self, SignCheckpoint.self, Prove.self, CollectGarbage.self]),
            CommandGroup(name: "Copies", subcommands: [Backup.self, Restore.self, ExportLog.self, ImportLog.self]),
            CommandGroup(name: "This installation", subcommands: [Config.self, Doctor.self]),
            CommandGroup(name: "Trying it out", subcommands: [Demo.self, Bench.self]),
        ])
}
