import Events
import Ingest
import Projections
import ProviderKit
import Synchronization

/// Syncs as people and scripts read them.
final class SyncPresenter: Sendable {
    private let context: Context
    private let count: Int
    private let completed = Atomic<Int>(0)

    init(_ context: Context, count: Int) {
        self.context = context
        self.count = count
    }

    func progress(_ progress: SyncProgress) {
        let done = completed.load(ordering: .relaxed)
        let scope = count > 1 ? "\(done) of \(count) sources; " : ""
        guard let reading = progress.reading else {
            context.output.progress("\(scope)\(progress.stage)")
            return
        }
        let (verb, noun) =
            switch reading.unit {
            case .objects: ("receiving", "objects")
            case .contents: ("storing", "blobs")
            case .items: ("reading", "files")
            }
        let label = scope + verb
        guard let total = reading.total else {
            let bytes = reading.bytes > 0 ? ", \(Units.bytes(reading.bytes))" : ""
            context.output.progress("\(label) \(Units.count(reading.done)) \(noun)\(bytes)")
            return
        }
        let bytes =
            switch (reading.bytes, reading.totalBytes) {
            case (_, let total?): "\(Units.bytes(reading.bytes)) of \(Units.bytes(total))"
            case (0, nil): ""
            case (_, nil): Units.bytes(reading.bytes)
            }
        context.output.progress(reading.done, of: total, label, .count(noun), more: bytes)
    }

    func show(_ report: SyncReport) throws {
        completed.add(1, ordering: .relaxed)
        context.output.clearProgress()
        if context.json {
            try context.output.json(Self.json(report))
        } else {
            for line in lines(report) { try context.output.line(line) }
        }
        try context.output.flush()
    }

    func show(_ error: any Error, of repository: RepositoryRow?) {
        completed.add(1, ordering: .relaxed)
        let message = CommandError(error).message
        let name = repository?.locator.description ?? "sync"
        // Some errors name the source themselves.
        context.output.problem("ingestor: \(message.hasPrefix(name) ? "" : "\(Printable.text(name)): ")\(message)")
    }

    private func lines(_ report: SyncReport) -> [String] {
        let style = context.style
        let name = style.bold(Printable.text(report.locator.bytes))
        let commit = style.accent(String(report.commit.hex.prefix(12)))
        let wire =
            report.requests == 0
            ? Units.seconds(report.seconds)
            : "\(Units.count(report.requests, "request")), \(Units.bytes(report.bytesFetched)), \(Units.seconds(report.seconds))"
        if report.upToDate {
            return [
                "\(name)  \(commit)  \(style.good("up to date"))  \(Units.count(report.files, "file"))  \(style.dim(wire))"
            ]
        }
        var changes = ["\(Units.count(report.upserted)) new or changed"]
        if report.removed > 0 { changes.append("\(Units.count(report.removed)) removed") }
        if report.skipped > 0 { changes.append(style.warning("\(Units.count(report.skipped)) skipped")) }
        return [
            "\(name)  \(commit)  \(Units.count(report.files, "file")), \(Units.bytes(report.logicalBytes))",
            "  \(changes.joined(separator: ", ")); \(Units.count(report.blobsStored, "blob")) stored, "
                + "\(Units.count(report.blobsReused)) there already  \(style.dim(wire))",
        ]
    }

    static func json(_ report: SyncReport) -> [(String, JSONValue)] {
        [("repository", .count(report.repository.rawValue))] + JSONValue.fields("locator", bytes: report.locator.bytes)
            + [
                ("commit", .hash(report.commit)), ("tree", .hash(report.tree)), ("upToDate", .bool(report.upToDate)),
                ("files", .uint(report.files)), ("logicalBytes", .uint(report.logicalBytes)),
                ("upserted", .uint(report.upserted)), ("removed", .uint(report.removed)),
                ("skipped", .uint(report.skipped)),
                ("blobsStored", .uint(report.blobsStored)), ("blobsReused", .uint(report.blobsReused)),
                ("bytesFetched", .uint(report.bytesFetched)), ("requests", .uint(report.requests)),
                ("mode", report.mode.map { .string($0.name) } ?? .null), ("seconds", .double(report.seconds)),
            ]
    }
}
