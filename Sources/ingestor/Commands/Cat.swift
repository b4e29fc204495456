import ArgumentParser
import Events
import Queries

/// `cat`
struct Cat: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Prints one file's bytes; their hashes are checked.",
        discussion: helpDiscussion(
            "With --batch names are read from standard input, one a line, and each is answered as by `git cat-file --batch`: a line "
                + "`<sha> blob <size>`, the bytes, a line feed; or `<name> missing`.",
            examples: "ingestor cat dir:/srv/code:README.md", "ingestor cat ce013625030ba8dba906f756967f9e9ca394464a",
            "ingestor cat --batch <ids"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @OptionGroup var moment: MomentOptions
    @Flag(name: .long, help: "Contents whose names come on standard input.") var batch = false
    @Argument(help: .init("The id of a content, or LOCATOR:PATH.", valueName: "sha|locator:path")) var subject:
        ByteArgument?

    func validate() throws {
        guard batch != (subject != nil) else {
            throw ValidationError(
                batch ? "With --batch the names come on standard input." : "Name a content, or give --batch.")
        }
    }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let names = ContentNames(context: context, store: store, moment: try moment.moment())
        if let subject {
            try store.queries.content(try names.hash(subject)) { try context.output.write($0) }
        } else {
            try await BatchOutput(names: names).run()
        }
        return .done
    }
}

/// Finds the content that `SHA` or `LOCATOR:PATH` names.
struct ContentNames: Sendable {
    let context: Context
    let store: ReadStore
    let moment: Moment?

    /// - Throws: ``CommandError``, `QueryError` where it names none.
    func hash(_ subject: ByteArgument) throws -> SHA1Hash {
        if let text = subject.text, let named = SHA1Hash(hex: text) { return named }
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
        return entry.hash
    }
}
