import ArgumentParser
import Events
import Projections
import ProviderKit
import Queries

/// `explain`
struct Explain: QueryCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Shows the chain of events that led to something.",
        discussion: helpDiscussion(
            "Why a file was fetched, skipped, removed or tried again; where a content came from; what happened to a source; "
                + "what an event followed from; what a webhook set off.",
            examples: "ingestor explain dir:/srv/code:README.md",
            "ingestor explain ce013625030ba8dba906f756967f9e9ca394464a",
            "ingestor explain 42", "ingestor explain c15c0289-ec2d-0a91-67ec-8e65a18debbe"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var read: ReadOptions
    @Argument(
        help: .init(
            "An id of 40 digits, LOCATOR, LOCATOR:PATH, a position in the log, or a webhook's delivery id.",
            valueName: "subject"))
    var subject: ByteArgument

    func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
        let explanation = try store.queries.explain(try parsed(context, store))
        if !context.json { try introduce(explanation, context, store) }
        var presenter = EventPresenter(context, store.queries)
        presenter.path = explanation.path
        for envelope in explanation.events { try presenter.show(envelope) }
        if explanation.isCut {
            context.output.note("There are more events than are shown: `ingestor log` has them all.")
        }
        return .done
    }

    private func parsed(_ context: Context, _ store: ReadStore) throws -> ExplanationSubject {
        if let text = subject.text {
            if let hash = SHA1Hash(hex: text) { return .hash(hash) }
            if text.utf8.allSatisfy({ (48...57).contains($0) }), let position = UInt64(text) {
                return .position(LogPosition(position))
            }
        }
        // A locator may hold colons of its own, so what is known decides, the longest first.
        if let locator = Locator(subject.bytes), store.providers.all.contains(where: { $0.name == locator.provider }) {
            for candidate in store.providers.candidates(try store.providers.locator(subject.bytes, context)) {
                if let row = try store.queries.repository(candidate) { return .repository(row) }
            }
        }
        if let (repository, path) = try store.file(subject, context) { return .file(repository, path: path) }
        if let text = subject.text,
            let position = try store.queries.delivery(text, of: store.providers.all.map(\.name))
        {
            return .delivery(position)
        }
        throw CommandError(
            "\(subject.shown) is no id of 40 digits, no position, no delivery, and no source or file that is known: `ingestor repo "
                + "list` shows the sources"
        )
    }

    private func introduce(_ explanation: Explanation, _ context: Context, _ store: ReadStore) throws {
        guard let hash = explanation.hash else { return }
        let report: BlobReport
        do { report = try store.queries.blob(hash) } catch let error as QueryError where error.code == .unknownBlob {
            return
        }
        let size = report.row.stored.map { Units.bytes($0.size) } ?? "–"
        try context.output.line("\(context.style.bold(hash.hex))  \(size)  \(report.row.stored?.mimeType ?? "")")
        for reference in report.references.prefix(10) {
            guard let path = try store.queries.path(of: reference),
                let repository = try store.queries.repository(reference.repository)
            else { continue }
            try context.output.line("  \(Printable.text(repository.locator.bytes)):\(Printable.text(path))")
        }
        if report.references.count > 10 {
            try context.output.line("  … and \(Units.count(report.references.count - 10)) more")
        }
    }
}
