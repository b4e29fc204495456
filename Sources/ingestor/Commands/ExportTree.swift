import ArgumentParser
import Events
import Projections
import Queries

/// `export`
struct ExportTree: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes the whole tree of a source to a directory or a tar archive.",
        discussion: helpDiscussion(
            "Contents, modes and symbolic links, as `git archive` does; nothing is ever written outside the target, which has to be "
                + "new or empty. A submodule becomes an empty directory.",
            examples: "ingestor export dir:/srv/code --to /tmp/code",
            "ingestor export git:https://example.org/project.git --at 2026-03-01T12:00:00Z --to project.tar"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @OptionGroup var moment: MomentOptions
    @Option(
        name: .long, help: .init("The directory, or the archive if its name ends in .tar.", valueName: "dir|file.tar"))
    var to: ByteArgument
    @Argument(help: "git:URL or dir:PATH") var locator: ByteArgument

    /// A link's target is at most this long; Linux allows no longer ones.
    private static let maximumLinkByteCount: UInt64 = 4095

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let moment = try moment.moment()
        let view = try store.queries.view(of: try store.repository(locator, context), at: moment)
        let target = try context.absoluteText(to)
        // All paths are checked before anything is written.
        var entries: [(entry: FileEntry, path: ExportPath)] = []
        var skipped = 0
        try store.queries.forEachFile(view) { entry in
            if entry.skipReason != nil { skipped += 1 } else { entries.append((entry, try ExportPath(entry.path))) }
        }
        try Self.checkReleased(entries.map(\.entry), store)
        let totals: (files: UInt64, bytes: UInt64)
        if target.hasSuffix(".tar") {
            var archive = try TarTarget(target, time: view.sync.at.seconds)
            totals = try Self.write(entries, to: &archive, context, store)
        } else {
            var directory = try DirectoryTarget(target)
            totals = try Self.write(entries, to: &directory, context, store)
        }
        if skipped > 0 {
            context.output.note(
                "\(Units.count(skipped, "file")) had not been taken in and \(skipped == 1 ? "is" : "are") missing: `ingestor files --json` names them."
            )
        }
        if context.json {
            try context.output.json([
                ("files", .uint(totals.files)), ("bytes", .uint(totals.bytes)), ("to", .string(target)),
                ("commit", .hash(view.sync.commit)), ("skipped", .count(skipped)),
            ])
        } else {
            try context.output.line(
                "\(Units.count(totals.files, "file")), \(Units.bytes(totals.bytes)), at \(view.sync.commit.hex), to \(Printable.text(target))"
            )
        }
        return .done
    }

    /// Half a tree is none: where a content is gone nothing is written.
    private static func checkReleased(_ entries: [FileEntry], _ store: ReadStore) throws {
        let gone = try entries.filter { entry in
            guard entry.released != nil, entry.hasContent else { return false }
            return try !store.queries.isThere(entry.hash)
        }
        guard let first = gone.first, let position = first.released else { return }
        throw CommandError(
            "\(Units.count(gone.count, "file")) of that moment \(gone.count == 1 ? "was" : "were") released and deleted since, "
                + "\(Printable.text(first.path)) by event \(position.rawValue): nothing was written")
    }

    private static func write<Target: ExportTarget & ~Copyable>(
        _ entries: [(entry: FileEntry, path: ExportPath)], to target: inout Target, _ context: Context,
        _ store: ReadStore
    ) throws -> (files: UInt64, bytes: UInt64) {
        var files: UInt64 = 0
        var bytes: UInt64 = 0
        for (entry, path) in entries where !entry.isSymlink {
            if entry.isSubmodule {
                try target.directory(path)
                continue
            }
            let size = entry.size ?? 0
            try target.file(path, isExecutable: entry.isExecutable, size: size) { write in
                try store.queries.content(entry.hash) { try write($0) }
            }
            files += 1
            bytes += size
            context.output.progress(files, of: entries.count, "writing", .count("files"), more: Units.bytes(bytes))
        }
        for (entry, path) in entries where entry.isSymlink {
            guard entry.size ?? 0 <= maximumLinkByteCount else {
                throw CommandError(
                    "\(Printable.text(entry.path)): a symbolic link of \(entry.size ?? 0) bytes cannot be made")
            }
            var link: [UInt8] = []
            try store.queries.content(entry.hash) { link += $0 }
            try target.symlink(path, to: link)
            files += 1
            bytes += entry.size ?? 0
        }
        try target.finish()
        return (files, bytes)
    }
}
