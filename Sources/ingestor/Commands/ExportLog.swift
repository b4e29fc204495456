import ArgumentParser
import EventLog
import Events
import Queries
import State

/// `export-log`
struct ExportLog: ReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-log", abstract: "Writes the log as a file for other tools.",
        discussion: helpDiscussion(
            "As lines of JSON, with the record's bytes in base 64 beside what it says, or as length-delimited protobuf (LogFrame of "
                + "events.proto). The whole of it can be taken over with `import-log`, root for root. What is sealed stays sealed in the "
                + "records; the readable form shows what this data directory's keys open.",
            examples: "ingestor export-log events.ndjson",
            "ingestor export-log --format protobuf --until 2026-03-01T00:00:00Z events.pb"))

    @OptionGroup var global: GlobalOptions
    @Argument(help: .init("Where to; standard output where it is left out.", valueName: "file")) var file: ByteArgument?
    @Option(name: .long, help: .init("ndjson or protobuf.", valueName: "format")) var format = LogFileFormatArgument(
        format: .ndjson)
    @Option(name: .long, help: .init("Not before this position.", valueName: "position")) var from: UInt64 = 0
    @Option(name: .long, help: .init("Not after this moment.", valueName: "moment")) var until: String?

    var stateDirectory: String? { nil }

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let (live, digest) = try store.state.read { view in (try view.count, try view.stateDigest()) }
        let end = try until.map { try store.queries.end(of: try Moment(parsing: $0)).rawValue } ?? live
        guard from <= end else {
            throw CommandError.usage("there is nothing to export: the log ends with \(end) before event \(from)")
        }
        var forms = EventForms(store.queries)
        var byteCount: UInt64 = 0
        var writer: HashedWriter?
        if let file {
            let path = try context.absoluteText(file)
            guard try FileSystem.kind(path) == .missing else {
                throw CommandError("\(path) is there already: choose another name, or remove it")
            }
            writer = try HashedWriter(path)
        }
        let head = try LogSegments.export(
            store.log, from: from, to: end, format.format,
            readable: { position, record in
                try forms.fields(Envelope(record: record.span.bytes, at: position, keys: store.log.keys))
            },
            progress: { position in
                try Task.checkCancellation()
                context.output.progress(position - from, of: max(1, end - from), "log")
            },
            write: { bytes in
                byteCount += UInt64(bytes.count)
                if let writer { try writer.write(bytes) } else { try context.output.write(bytes) }
            })
        context.output.clearProgress()
        guard let writer else { return .done }
        _ = try writer.finish()
        // Of a part of the log there is no state.
        let whole = from == 0 && end == live ? digest : nil
        try LogTransferReport(events: end - from, bytes: byteCount, head: head, digest: whole).show(
            "exported", context)
        return .done
    }
}

/// The name of a form.
struct LogFileFormatArgument: ExpressibleByArgument, Sendable {
    let format: LogFileFormat

    init(format: LogFileFormat) { self.format = format }

    init?(argument: String) {
        guard let format = LogFileFormat(rawValue: argument) else { return nil }
        self.format = format
    }

    var defaultValueDescription: String { format.rawValue }
    static var allValueStrings: [String] { LogFileFormat.allCases.map(\.rawValue) }
}

/// What an export, an import, a backup or a restore moved.
struct LogTransferReport {
    var events: UInt64
    var bytes: UInt64
    var head: TreeHead
    /// Of the state at that size.
    var digest: SHA256Hash?
    var more: [(String, JSONValue)] = []

    func show(_ verb: String, _ context: Context) throws {
        if context.json {
            try context.output.json(
                [
                    ("events", .uint(events)), ("bytes", .uint(bytes)), ("digest", .hash(digest)),
                    ("root", .hash(head.root)), ("size", .uint(head.size)),
                ] + more)
        } else {
            try context.output.line("\(Units.count(events, "event")), \(Units.bytes(bytes)) \(verb)")
            var facts = [("root", head.root.hex)]
            if let digest { facts.append(("digest", digest.hex)) }
            try context.output.facts(facts)
        }
    }
}
