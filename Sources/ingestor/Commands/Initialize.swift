import ArgumentParser
import Events

/// `init`
struct Initialize: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes the data directory.",
        discussion: helpDiscussion(
            "With a master key in keys/master.key, readable by its owner alone, unless INGESTOR_MASTER_KEY gives one. A data "
                + "directory that is there already is left as it is.",
            examples: "ingestor init --data /srv/ingestor"))

    @OptionGroup var global: GlobalOptions

    func run(_ context: Context) async throws -> ExitStatus {
        let data = context.data
        let isNew = try data.create(masterKeyIsConfigured: context.settings.masterKey != nil)
        if let lock = try WriterLock.acquire(data, command: "init") {
            try await Stores(context: context).withWriter(holding: lock) { _ in }
        }
        if context.json {
            try context.output.json([("data", .string(data.path)), ("created", .bool(isNew))])
        } else {
            try context.output.line(isNew ? "Made \(data.path)." : "\(data.path) is there already.")
            if isNew { context.output.note("Next: ingestor sync git:URL, or ingestor sync dir:PATH") }
        }
        return .done
    }
}
