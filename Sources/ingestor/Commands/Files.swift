import ArgumentParser
import Events
import Queries

/// A moment on the command line.
struct MomentOptions: ParsableArguments, Sendable {
    @Option(
        name: .long,
        help: .init(
            "A commit or tree id (40 digits), a position in the log, or a time (RFC 3339); default: now.",
            valueName: "moment"))
    var at: String?

    /// - Throws: `QueryError` (malformed).
    func moment() throws -> Moment? { try at.map { try Moment(parsing: $0) } }
}

/// `files`
struct Files: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "Lists the files of a source.",
        discussion: helpDiscussion(
            "The output is that of `git ls-tree -r`.",
            examples: "ingestor files dir:/srv/code",
            "ingestor files git:https://example.org/project.git --at 2026-03-01T12:00:00Z --json"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @OptionGroup var moment: MomentOptions
    @Flag(name: [.customShort("z"), .customLong("null")], help: "Paths as they are, each line ended by a zero byte.")
    var isZeroTerminated = false
    @Argument(help: "git:URL or dir:PATH") var locator: ByteArgument

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let moment = try moment.moment()
        let view = try store.queries.view(of: try store.repository(locator, context), at: moment)
        var released = 0
        try store.queries.forEachFile(view) { entry in
            if entry.released != nil { released += 1 }
            if context.json {
                try context.output.json(Forms.file(entry))
            } else {
                try context.output.write(isZeroTerminated ? ListTree.zeroTerminated(entry) : ListTree.line(entry))
            }
        }
        if released > 0 {
            try context.output.flush()
            context.output.problem(
                "ingestor: \(Units.count(released)) of these versions \(released == 1 ? "is" : "are") not kept any more (released): "
                    + "their contents may be gone. `ingestor explain LOCATOR:PATH` shows when and why.")
        }
        return .done
    }
}

/// `cat`
struct Cat: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Prints one file's bytes; their hashes are checked.",
        discussion: helpDiscussion(
            examples: "ingestor cat dir:/srv/code:README.md", "ingestor cat ce013625030ba8dba906f756967f9e9ca394464a"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @OptionGroup var moment: MomentOptions
    @Argument(help: .init("The id of a content, or LOCATOR:PATH.", valueName: "sha|locator:path")) var subject:
        ByteArgument

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let moment = try moment.moment()
        let hash: SHA1Hash
        if let text = subject.text, let named = SHA1Hash(hex: text) {
            hash = named
        } else {
            guard let (repository, path) = try store.file(subject, context) else {
                throw CommandError(
                    "\(subject.shown) is neither the id of a content (40 digits) nor LOCATOR:PATH with a locator that is watched: "
                        + "`ingestor repo list` shows those")
            }
            let entry = try store.queries.file(path, in: try store.queries.view(of: repository, at: moment))
            guard entry.hasContent else {
                let why =
                    entry.skipReason.map { "its content was not taken (\($0.name))" }
                    ?? "it is a submodule at commit \(entry.hash.hex)"
                throw CommandError("\(subject.shown) has no content here: \(why)")
            }
            hash = entry.hash
        }
        try store.queries.content(hash) { try context.output.write($0) }
        return .done
    }
}
