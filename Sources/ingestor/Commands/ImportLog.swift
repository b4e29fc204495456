import ArgumentParser
import EventLog
import Events
import State
import Vault

/// `import-log`
struct ImportLog: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-log", abstract: "Takes over a log that was exported.",
        discussion: helpDiscussion(
            "Into a data directory that is new or has no events yet. Every record is held against its hash, and the whole against the "
                + "root at the end of the file; unless all is well nothing is changed. Contents are not in it: `restore` brings these.",
            examples: "ingestor import-log --data /srv/copy events.ndjson"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("What `export-log` wrote; - is standard input.", valueName: "file")) var file: ByteArgument

    func run(_ context: Context) async throws -> ExitStatus {
        let data = context.data
        let path = file.text == "-" ? "-" : try context.absoluteText(file)
        let source = try LogSegments.source(path)
        _ = try data.create(masterKeyIsConfigured: context.settings.masterKey != nil)
        guard let lock = try WriterLock.acquire(data, command: Self.words) else {
            throw CommandError("\(WriterLock.holder(data)) holds the log in \(data.path): end it first")
        }
        guard try EventLog.open(directory: data.log, mode: .writer).count == 0 else {
            throw CommandError("the log in \(data.path) has events already: name a new data directory with --data")
        }
        let arriving = data.log + ".import"
        // What an import left that was cut.
        try FileSystem.removeTree(arriving)
        let imported: (head: TreeHead, bytes: UInt64)
        do {
            imported = try Self.build(source, in: arriving, context)
        } catch {
            try FileSystem.removeTree(arriving)
            throw error
        }
        // The state of the empty log, then the log itself. Cut in between, there is an empty log again.
        try FileSystem.removeTree(data.state)
        try FileSystem.makeDirectory(data.state)
        try FileSystem.removeTree(data.log)
        try FileSystem.renameDurably(arriving, to: data.log)
        let digest = try Stores(context: context).buildState(expecting: imported.head)
        withExtendedLifetime(lock) {}
        try LogTransferReport(events: imported.head.size, bytes: imported.bytes, head: imported.head, digest: digest)
            .show(
                "imported", context)
        return .done
    }

    private static func build(
        _ source: @escaping () throws -> [UInt8], in directory: String, _ context: Context
    ) throws -> (TreeHead, UInt64) {
        var builder = try LogBuilder(directory: directory)
        var bytes: UInt64 = 0
        var decoder = LogFileDecoder {
            let piece = try source()
            bytes += UInt64(piece.count)
            return piece
        }
        var promised: TreeHead?
        while let frame = try decoder.frame() {
            switch frame {
            case .start(let from):
                guard from.rawValue == 0 else {
                    throw CommandError(
                        "\(decoder.place): the file begins with event \(from.rawValue): export the log from its beginning"
                    )
                }
            case .record(_, let record):
                do {
                    try builder.append(record)
                } catch let error as LogError {
                    throw CommandError("\(decoder.place): \(error)")
                }
                if builder.count.isMultiple(of: 4096) {
                    try Task.checkCancellation()
                    context.output.progress("\(Units.count(builder.count)) events")
                }
            case .end(let size, let root): promised = TreeHead(size: size, root: root)
            }
        }
        guard let promised else {
            throw CommandError("\(decoder.place): the file is cut: it has no end. Nothing was changed")
        }
        let head = try builder.finish()
        context.output.clearProgress()
        guard head == promised else {
            throw CommandError(
                "the records are not those that were exported: their root is \(head.root.hex), the file says "
                    + "\(promised.root.hex). Nothing was changed")
        }
        return (head, bytes)
    }
}

extension Stores {
    /// Builds the state over a log that was just put into its place; its digest.
    ///
    /// - Throws: ``CommandError`` where the log is not the one that was expected.
    func buildState(expecting head: TreeHead) throws -> SHA256Hash {
        let keys = TenantKeys(store: LazyVault(data: data, givenKey: context.settings.masterKey))
        let log = try EventLog.open(directory: data.log, mode: .writer, keys: keys)
        guard try log.treeHead == head else {
            throw CommandError("the log in \(data.log) is not the one that was written there", status: .damage)
        }
        let state = try StateStore.open(
            directory: data.projections, log: log, mode: .writer, options: try liveStateOptions()
        ) { context.output.progress($0) }
        context.output.clearProgress()
        let digest = try state.read { try $0.stateDigest() }
        try state.close()
        return digest
    }
}
