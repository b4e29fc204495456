import ArgumentParser
import Events
import Ingest
import OpenSSL
import Projections
import ProviderKit
import Queries
import State

/// `tokens`
struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "Access of tenants to the HTTP API and the dashboard.",
        discussion: helpDiscussion(
            "A token gives access to what one tenant may see and do. It is shown once; only its SHA-256 is kept.",
            examples: "ingestor tokens add --tenant acme --name search", "ingestor tokens list --all",
            "ingestor tokens revoke 42"),
        subcommands: [Add.self, List.self, Revoke.self])
}

extension Tokens {
    struct Add: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token, and shows it.",
            discussion: helpDiscussion(
                "Standard output has the token alone, so that it can go to a file.",
                examples: "ingestor tokens add --tenant acme --name search > token.txt"))

        @OptionGroup var global: GlobalOptions
        @Option(help: "What it is for.") var name = ""

        func validate() throws { try GlobalOptions.checkName(name, "A token's name", isRequired: false) }

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let tenant = context.options.tenant
            let id = try await store.engine.tenant(named: tenant, creating: tenant == DefaultTenant.name)
            let issued = try await store.engine.issueToken(
                named: name, tenant: id, random: try secureRandomBytes(AccessToken.randomByteCount))
            if context.json {
                try context.output.json([
                    ("id", .position(issued.id)), ("tenant", .string(tenant)), ("name", .string(name)),
                    ("token", .string(issued.token.revealText())),
                ])
            } else {
                context.output.note(
                    "Token \(issued.id.rawValue) of tenant \(Printable.text(tenant)). It is not shown again:")
                try context.output.line(issued.token.revealText())
            }
            return .done
        }
    }

    struct List: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what there is, without the tokens themselves.",
            discussion: helpDiscussion(examples: "ingestor tokens list --all --json"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions
        @Flag(help: "Of all tenants.") var all = false
        @Flag(help: "Also those that were revoked.") var revoked = false

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            let (rows, names) = try store.state.read { view in
                let tenants = try view.tenants()
                let wanted = tenants.first { $0.name == context.options.tenant }?.id ?? .none
                let rows = try view.tokens(of: all ? nil : wanted, includingRevoked: revoked)
                return (rows, tenants.reduce(into: [TenantID: String]()) { $0[$1.id] = $1.name })
            }
            if context.json {
                for row in rows { try context.output.json(Forms.token(row, tenant: names[row.tenant])) }
                return .done
            }
            if rows.isEmpty {
                context.output.note(all ? "There is no token." : "Tenant \(context.options.tenant) has no token.")
            }
            let now = Context.now()
            var table = Table([("ID", .right), ("TENANT", .left), ("NAME", .left), ("MADE", .left), ("", .left)])
            for row in rows {
                table.add([
                    .init("\(row.id.rawValue)"), .init(Printable.text(names[row.tenant] ?? "–")),
                    .init(Printable.text(row.name)), .init(Units.relative(row.issuedAt, to: now)),
                    .init(row.isRevoked ? "revoked" : "", { context.style.bad($0) }),
                ])
            }
            if !table.isEmpty { try context.output.table(table) }
            return .done
        }
    }

    struct Revoke: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes an access back; whoever uses the token is refused from then on.",
            discussion: helpDiscussion(examples: "ingestor tokens revoke 42"))

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The token's number, as the list shows it; whosever it is.") var id: UInt64

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            try await store.engine.revokeToken(LogPosition(id))
            if context.json {
                try context.output.json([("id", .uint(id)), ("revoked", .bool(true))])
            } else {
                try context.output.line("Token \(id) gives no access any more.")
            }
            return .done
        }
    }
}
