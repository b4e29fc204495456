import ArgumentParser
import Events
import Projections
import Queries

/// `blob`
struct ShowBlob: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "blob", abstract: "Shows what the store knows of one content.",
        discussion: helpDiscussion(examples: "ingestor blob ce013625030ba8dba906f756967f9e9ca394464a"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @Argument(help: .init("The id of a content, 40 digits.", valueName: "sha")) var sha: String

    func validate() throws {
        guard SHA1Hash(hex: sha) != nil else {
            throw ValidationError("A content's id has 40 hex digits, none left out.")
        }
    }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        guard let hash = SHA1Hash(hex: sha) else { throw CommandError.usage("A content's id has 40 hex digits.") }
        let report = try store.queries.blob(hash)
        let stored = report.row.stored
        if context.json {
            try context.output.json(Forms.blob(report))
            return report.isReadable ? .done : .damage
        }
        let style = context.style
        try context.output.line(style.bold(hash.hex))
        try context.output.facts([
            ("  sha256", stored?.contentHash.hex ?? "–"),
            ("  size", stored.map { "\(Units.bytes($0.size)) (\(Units.count($0.size)))" } ?? "–"),
            ("  on disk", report.storedSize.map { "\(Units.bytes($0)), its share of its frame" } ?? "–"),
            ("  type", stored?.mimeType ?? "–"),
            ("  shard", report.shard.map { "\($0.rawValue)" } ?? "–"),
            ("  references", Units.count(report.row.references)),
            (
                "  first seen",
                stored.map { "\(Units.moment($0.firstSeenAt, now: Context.now())), event \($0.firstSeen.rawValue)" }
                    ?? "–"
            ),
            (
                "  state",
                report.isReadable
                    ? style.good("readable")
                        + (report.row.released.map { ", released \(Units.moment($0.at, now: Context.now()))" } ?? "")
                    : style.bad(report.row.damage ?? "not in the store")
            ),
        ])
        if let file = report.largeFile {
            try context.output.facts([("  stands for", "\(file.hash.hex), \(Units.bytes(file.size)) (Git LFS)")])
        }
        for reference in report.references.prefix(20) {
            guard let path = try store.queries.path(of: reference),
                let repository = try store.queries.repository(reference.repository)
            else { continue }
            let name = "\(Printable.text(repository.locator.bytes)):\(Printable.text(path))"
            try context.output.line("  \(name)  \(style.dim("event \(reference.version.position.rawValue)"))")
        }
        if report.references.count > 20 {
            try context.output.line("  … and \(Units.count(report.references.count - 20)) more")
        }
        return report.isReadable ? .done : .damage
    }
}
