import ArgumentParser
import Events
import Ingest
import Projections
import Queries
import State

/// `tenant`
struct Tenants: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Who has sources of their own here.",
        discussion: helpDiscussion(
            "A tenant sees what is its own, and what is public. Its name is what --tenant takes.",
            examples: "ingestor tenant add acme", "ingestor tenant set acme --max-repositories 100",
            "ingestor tenant list"),
        subcommands: [Add.self, Set.self, List.self, Erase.self])
}

extension Tenants {
    struct Add: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a tenant; one that is there already is left as it is.",
            discussion: helpDiscussion(examples: "ingestor tenant add acme"))

        @OptionGroup var global: GlobalOptions
        @Argument(help: "What to call it.") var name: String

        func validate() throws { try GlobalOptions.checkName(name, "A tenant's name", isRequired: true) }

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let isNew = try store.reader.state.read { view in try view.tenant(named: name) } == nil
            let id = try await store.engine.tenant(named: name, creating: true)
            guard let row = try store.reader.state.read({ view in try view.tenant(id) }) else {
                throw CommandError("tenant \(name) is not there, though it was just added")
            }
            if context.json {
                try context.output.json(Forms.tenant(row) + [("created", .bool(isNew))])
            } else {
                let text = isNew ? "is added" : "is there already"
                try context.output.line("Tenant \(Printable.text(name)) \(text), as number \(id.rawValue).")
            }
            return .done
        }
    }

    struct List: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tenants.", discussion: helpDiscussion(examples: "ingestor tenant list --json"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            let rows = try Queries(log: store.log, state: store.state, silo: store.silo, viewer: .everything)
                .tenantUse()
            if context.json {
                for use in rows {
                    try context.output.json(
                        Forms.tenant(use.tenant) + [
                            ("repositories", .uint(use.repositories)), ("logicalBytes", .uint(use.logicalBytes)),
                        ])
                }
                return .done
            }
            if rows.isEmpty { context.output.note("There is no tenant yet.") }
            let now = Context.now()
            var table = Table([
                ("ID", .right), ("TENANT", .left), ("SOURCES", .left), ("BYTES", .left), ("REQUESTS", .left),
                ("ADDED", .left),
            ])
            for use in rows {
                let row = use.tenant
                table.add([
                    .init("\(row.id.rawValue)"), .init(row.isErased ? "(erased)" : Printable.text(row.name)),
                    .init(Self.use(use.repositories, row.limits.repositories) { Units.count($0) }),
                    .init(Self.use(use.logicalBytes, row.limits.bytes) { Units.bytes($0) }),
                    .init(row.limits.requestsPerMinute.map { "\(Units.count($0)) a minute" } ?? "–"),
                    .init(Units.relative(row.createdAt, to: now)),
                ])
            }
            if !table.isEmpty { try context.output.table(table) }
            return .done
        }

        private static func use(_ used: UInt64, _ limit: UInt64?, _ text: (UInt64) -> String) -> String {
            limit.map { "\(text(used)) of \(text($0))" } ?? text(used)
        }
    }
}
