import Events
import Projections
import Queries

/// Sources as people and scripts read them.
struct RepositoryPresenter {
    private let context: Context
    private let now = Context.now()

    init(_ context: Context) { self.context = context }

    func show(_ row: RepositoryRow) throws {
        if context.json { return try context.output.json(form(row)) }
        let style = context.style
        func moment(_ time: Timestamp?) -> String { time.map { Units.moment($0, now: now) } ?? "–" }
        func patterns(_ list: [[UInt8]]) -> String {
            list.isEmpty ? "–" : list.map { Printable.text($0) }.joined(separator: "  ")
        }
        try context.output.line(style.bold(Printable.text(row.locator.bytes)))
        try context.output.facts([
            ("  repository", "\(row.id.rawValue)"),
            ("  tenant", Printable.text(context.options.tenant)),
            ("  branch", branch(row)),
            ("  visible to", row.configuration.isPrivate ? "this tenant" : "anybody"),
            ("  include", patterns(row.configuration.include)),
            ("  exclude", patterns(row.configuration.exclude)),
            ("  history", row.configuration.keepHistoryDays.map { "\(Units.count($0, "day"))" } ?? "all"),
            ("  commit", row.lastCommit?.hex ?? "–"),
            ("  tree", row.lastTree?.hex ?? "–"),
            ("  files", row.lastCommit == nil ? "–" : "\(Units.count(row.files)), \(Units.bytes(row.logicalBytes))"),
            ("  last sync", moment(row.lastSyncedAt)),
            ("  complete as of", moment(row.completeAsOf)),
            ("  failed attempts", row.retryCount == 0 ? "none" : "\(row.retryCount), next \(moment(row.nextRetryAt))"),
            ("  added", moment(row.addedAt)),
            ("  changed", moment(row.updatedAt)),
        ])
        if let failure = row.lastFailure {
            try context.output.line(
                "  " + style.bad(Printable.text("\(failure.failure.code): \(failure.failure.message)")))
        }
    }

    func list(_ rows: [RepositoryRow]) throws {
        if context.json {
            for row in rows { try context.output.json(form(row)) }
            return
        }
        guard !rows.isEmpty else {
            context.output.note(
                "No source is watched for tenant \(context.options.tenant). Begin with: ingestor sync git:URL")
            return
        }
        let style = context.style
        var table = Table([
            ("REPOSITORY", .left), ("BRANCH", .left), ("FILES", .right), ("SIZE", .right), ("COMMIT", .left),
            ("LAST SYNC", .left),
            ("", .left),
        ])
        for row in rows {
            let trouble = row.lastFailure.map { $0.failure.code } ?? ""
            table.add([
                .init(Printable.text(row.locator.bytes), { style.bold($0) }), .init(branch(row)),
                .init(row.lastCommit == nil ? "–" : Units.count(row.files)),
                .init(row.lastCommit == nil ? "–" : Units.bytes(row.logicalBytes)),
                .init(row.lastCommit.map { String($0.hex.prefix(12)) } ?? "–", { style.accent($0) }),
                .init(row.lastSyncedAt.map { Units.relative($0, to: now) } ?? "never"),
                .init(trouble, { style.bad($0) }),
            ])
        }
        try context.output.table(table)
    }

    private func branch(_ row: RepositoryRow) -> String {
        let name = row.branch.flatMap { $0.isEmpty ? nil : $0 } ?? row.configuration.branch
        return name.map { Printable.text($0) } ?? "–"
    }

    private func form(_ row: RepositoryRow) -> Forms.Fields { Forms.repository(row, tenant: context.options.tenant) }
}
