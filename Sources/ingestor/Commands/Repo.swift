import ArgumentParser
import Events
import Ingest
import Projections
import Queries

/// `repo`
struct Repo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repo", abstract: "Adds, shows and changes the sources that are watched.",
        discussion: helpDiscussion(
            examples: "ingestor repo add git:https://example.org/project.git --branch main", "ingestor repo list"),
        subcommands: [Add.self, List.self, Show.self, Set.self, Remove.self])
}

/// Options that say what is watched of a source.
struct ConfigurationOptions: ParsableArguments, Sendable {
    enum Visibility: String, EnumerableFlag, Sendable { case `private`, `public` }

    @Option(
        name: .long,
        help: .init("The branch to follow; default: the one that the remote's HEAD names.", valueName: "name"))
    var branch: ByteArgument?

    @Option(
        name: .long, help: .init("Take only what matches, in gitignore's syntax; repeatable.", valueName: "pattern"))
    var include: [ByteArgument] = []

    @Option(name: .long, help: .init("Leave out what matches; wins over --include; repeatable.", valueName: "pattern"))
    var exclude: [ByteArgument] = []

    @Flag(exclusivity: .exclusive, help: "Who may read the content: this tenant alone (the default), or anybody.")
    var visibility: Visibility?

    @Option(name: .long, help: .init("How long earlier versions are kept.", valueName: "all|days"))
    var keepHistory: KeepHistory?

    @Flag(inversion: .prefixedNo, help: "Whether the contents behind Git LFS pointers are taken too (github: alone).")
    var largeFiles: Bool?

    /// `configuration` with what the options say.
    func apply(to configuration: RepositoryConfiguration) -> RepositoryConfiguration {
        var result = configuration
        if let branch { result.branch = branch.bytes }
        if !include.isEmpty { result.include = include.map(\.bytes) }
        if !exclude.isEmpty { result.exclude = exclude.map(\.bytes) }
        if let visibility { result.isPrivate = visibility == .private }
        if let keepHistory { result.keepHistoryDays = keepHistory.days }
        if let largeFiles { result.fetchesLargeFiles = largeFiles }
        return result
    }
}

/// `all`, or a number of days.
struct KeepHistory: ExpressibleByArgument, Sendable {
    let days: UInt32?

    init?(argument: String) {
        if argument == "all" {
            days = nil
        } else if let number = UInt32(argument), number > 0 {
            days = number
        } else {
            return nil
        }
    }
}

extension Repo {
    struct Add: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Watches a source from now on.",
            discussion: helpDiscussion(
                "Nothing is fetched yet: `ingestor sync` does that.",
                examples: "ingestor repo add git:https://example.org/project.git --exclude 'vendor/**'"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var options: ConfigurationOptions
        @Argument(help: "github:OWNER/NAME, git:URL or dir:PATH") var locator: ByteArgument

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let locator = try store.reader.providers.locator(locator.bytes, context)
            let tenant = try await store.engine.tenant(named: context.options.tenant, creating: true)
            let before = try store.engine.repository(store.engine.normalize(locator), of: tenant)
            let row = try await store.engine.addRepository(
                locator, configuration: options.apply(to: RepositoryConfiguration()), tenant: tenant)
            if let before, before.suspension?.reason == .deleted {
                let former = Printable.source(try store.engine.repository(before.id).locator.bytes)
                context.output.note("What was read of the one that had this name before stays: \(former).")
            }
            try RepositoryPresenter(context).show(row)
            return .done
        }
    }

    struct List: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the sources that are watched.",
            discussion: helpDiscussion(examples: "ingestor repo list --json"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            try RepositoryPresenter(context).list(try store.queries.repositories())
            return .done
        }
    }

    struct Show: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one source.",
            discussion: helpDiscussion(examples: "ingestor repo show git:https://example.org/project.git"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions
        @Argument(help: "github:OWNER/NAME, git:URL or dir:PATH") var locator: ByteArgument

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            try RepositoryPresenter(context).show(try store.repository(locator, context))
            return .done
        }
    }

    struct Set: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes what is watched of a source; takes effect with its next sync.",
            discussion: helpDiscussion(
                "Patterns that are given replace those before.",
                examples: "ingestor repo set dir:/srv/code --exclude '*.log' --keep-history 90"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var options: ConfigurationOptions
        @Flag(name: .long, help: "Follow the branch that the remote's HEAD names.") var noBranch = false
        @Flag(name: .long, help: "Take everything again.") var noInclude = false
        @Flag(name: .long, help: "Leave nothing out.") var noExclude = false
        @Argument(help: "github:OWNER/NAME, git:URL or dir:PATH") var locator: ByteArgument

        func validate() throws {
            if noBranch, options.branch != nil { throw ValidationError("Give --branch or --no-branch, not both.") }
            if noInclude, !options.include.isEmpty {
                throw ValidationError("Give --include or --no-include, not both.")
            }
            if noExclude, !options.exclude.isEmpty {
                throw ValidationError("Give --exclude or --no-exclude, not both.")
            }
        }

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let row = try store.reader.repository(locator, context)
            var configuration = options.apply(to: row.configuration)
            if noBranch { configuration.branch = nil }
            if noInclude { configuration.include = [] }
            if noExclude { configuration.exclude = [] }
            let changed = try await store.engine.reconfigure(row.id, configuration)
            try RepositoryPresenter(context).show(changed)
            return .done
        }
    }

    struct Remove: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops watching a source.",
            discussion: helpDiscussion(
                "What was taken in stays in the log and in the store.",
                examples: "ingestor repo remove git:https://example.org/project.git"),
            aliases: ["rm"])

        @OptionGroup var global: GlobalOptions
        @Argument(help: "github:OWNER/NAME, git:URL or dir:PATH") var locator: ByteArgument

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let row = try store.reader.repository(locator, context)
            try await store.engine.removeRepository(row.id)
            if context.json {
                try context.output.json(
                    [("repository", .count(row.id.rawValue))] + JSONValue.fields("locator", bytes: row.locator.bytes)
                        + [("removed", .bool(true))])
            } else {
                try context.output.line("\(Printable.text(row.locator.bytes)) is no longer watched.")
            }
            return .done
        }
    }
}
