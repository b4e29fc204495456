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
