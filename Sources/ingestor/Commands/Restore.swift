import ArgumentParser
import EventLog
import Events
import Queries
import Silo

/// `restore`
struct Restore: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Makes a data directory from a backup.",
        discussion: helpDiscussion(
            "A new one, named by --data. With --until it is as it was then: the log is cut there, and its root is that of the first events "
                + "of the whole. Every file is held against its hash, the log against its root, the rebuilt state against its digest, and "
                + "every content is read, unless --sample or --no-verify says otherwise.",
            examples: "ingestor restore /mnt/backup/ingestor --data /srv/restored",
            "ingestor restore copy.tar --data /srv/then --until 2026-03-01T12:00:00Z"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("What `backup` made.", valueName: "dir|file.tar")) var source: ByteArgument
    @Option(name: .long, help: .init("As of this position or time.", valueName: "moment")) var until: String?
    @Flag(inversion: .prefixedNo, help: "Check what was restored.") var verify = true
    @Option(
        name: .long, help: .init("Read so many in a hundred contents, instead of every shard.", valueName: "percent"))
    var sample: Double?

    func validate() throws {
        if let sample, !(sample > 0 && sample <= 100) {
            throw ValidationError("--sample is a number above 0, up to 100.")
        }
    }

    func run(_ context: Context) async throws -> ExitStatus {
        let path = try context.absoluteText(source)
        let moment = try until.map { try Moment(parsing: $0) }
        guard try FileSystem.kind(path) != .file else {
            let parts = context.data.path + ".parts"
            try FileSystem.removeTree(parts)
            do {
                try BackupArchive.unpack(path, into: parts)
                let status = try await restore(from: parts, moment, context)
                try FileSystem.removeTree(parts)
                return status
            } catch {
                try FileSystem.removeTree(parts)
                throw error
            }
        }
        return try await restore(from: path, moment, context)
    }

    private func restore(from directory: String, _ moment: Moment?, _ context: Context) async throws -> ExitStatus {
        let outcome = try RestoreRun(context: context, directory: directory, until: moment).run()
        guard let lock = try WriterLock.acquire(context.data, command: Self.words) else {
            throw CommandError("\(WriterLock.holder(context.data)) has taken \(context.data.path) meanwhile")
        }
        let stores = Stores(context: context)
        let digest = try stores.buildState(expecting: outcome.head)
        var damage: [Verify.Damage] = []
        var closed: (count: UInt64, note: String?) = (0, nil)
        if verify {
            if outcome.isWhole, digest != outcome.manifest.digest {
                damage.append(
                    .init(
                        place: "state", code: "digest",
                        message: "the state's digest is \(digest.hex), and was \(outcome.manifest.digest.hex)"))
            }
            let found = try await stores.withWriter(holding: lock) { store in
                var check = StoreCheck(context: context, store: store.reader)
                try await check.checkBlobs(sample: sample)
                return (check.damage, (check.closed, check.closedNote))
            }
            damage += found.0
            closed = found.1
        }
        withExtendedLifetime(lock) {}
        // Contents that nothing referred to any more may have been deleted between that moment and the backup.
        let gone = outcome.isWhole ? [] : damage.filter { $0.code == "missing" }
        if !outcome.isWhole { damage.removeAll { $0.code == "missing" } }
        try LogTransferReport(
            events: outcome.head.size, bytes: outcome.byteCount, head: outcome.head, digest: digest,
            more: [
                ("verified", .bool(verify)), ("keys", .bool(outcome.manifest.hasKeys)), ("gone", .count(gone.count)),
                ("closed", .uint(closed.count)), ("damage", .array(damage.map(\.json))),
            ]
        ).show("restored into \(context.data.path)", context)
        for finding in damage { context.output.problem("damaged  \(Printable.text(finding.message))") }
        if !gone.isEmpty {
            context.output.note(
                "\(Units.count(gone.count, "content")) of that time had been deleted when the backup was made.")
        }
        if let note = closed.note { context.output.note(note) }
        if !outcome.manifest.hasKeys {
            context.output.note(
                "The keys were not in the backup: put those of the original into \(context.data.keys). Until then sealed parts of events "
                    + "and private contents cannot be read, and nothing can be recorded of their tenants. The log and its proofs need no key."
            )
        }
        return damage.isEmpty ? .done : .damage
    }
}
