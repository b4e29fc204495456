import ArgumentParser
import EventLog
import Events

/// `backup`
struct Backup: ReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies log and contents, also while they are written.",
        discussion: helpDiscussion(
            "A directory is brought up to date: what it has already is not copied again. FILE.tar is made anew. Until the new backup is "
                + "complete the former one stays as it was. Without the keys what is sealed cannot be read, so keep these elsewhere, or "
                + "take them along with --with-keys and guard the copy like them. A directory that has the keys gets them each time.",
            examples: "ingestor backup /mnt/backup/ingestor", "ingestor backup --with-keys copy.tar"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("A directory, or a file that ends in .tar.", valueName: "dir|file.tar")) var target:
        ByteArgument
    @Flag(name: .long, help: "Take the keys along.") var withKeys = false
    @Flag(inversion: .prefixedNo, help: "Read what was copied again.") var verify = true

    var stateDirectory: String? { nil }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let path = try context.absoluteText(target)
        let isArchive = path.hasSuffix(".tar")
        if isArchive, try FileSystem.kind(path) != .missing {
            throw CommandError("\(path) is there already: choose another name, or remove it")
        }
        // An archive is put together from a directory, which is taken up again where it was cut.
        let directory = isArchive ? path + ".parts" : path
        var run = BackupRun(context: context, store: store, directory: directory, withKeys: withKeys, verifies: verify)
        let manifest = try run.run()
        if isArchive {
            try BackupArchive.pack(directory, manifest, into: path)
            try FileSystem.removeTree(directory)
        }
        let bytes = manifest.entries.reduce(0) { $0 + $1.byteCount }
        let report = LogTransferReport(
            events: manifest.events, bytes: bytes, head: TreeHead(size: manifest.events, root: manifest.root),
            digest: manifest.digest,
            more: [
                ("copiedBytes", .uint(run.copiedBytes)), ("files", .count(manifest.entries.count)),
                ("keys", .bool(manifest.hasKeys)), ("verified", .bool(verify)),
            ])
        try report.show("in \(path), \(Units.bytes(run.copiedBytes)) of them copied now", context)
        if !manifest.hasKeys {
            context.output.note(
                "The keys are not in it: keep \(context.data.keys) safe elsewhere, too. Without them sealed parts of events and private "
                    + "contents cannot be read.")
        } else if !manifest.files.contains(where: { "\(context.data.path)/\($0.target)" == context.data.masterKey }) {
            context.output.note(
                "The master key is not in it, since it is given as a setting: without it the keys in the backup are of no use."
            )
        } else if !withKeys {
            context.output.note("The keys are in it, as before: guard it like them.")
        }
        return .done
    }
}
