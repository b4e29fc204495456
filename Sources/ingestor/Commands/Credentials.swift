import ArgumentParser
import Events
import Ingest
import Projections
import ProviderKit
import Queries

/// `credentials`
struct CredentialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials", abstract: "A tenant's access to providers.",
        discussion: helpDiscussion(
            "Secrets come from standard input or a file, never from an argument; they are kept sealed with the master key, apart "
                + "from the log.",
            examples: "ingestor credentials add --name ci < token.txt",
            "ingestor credentials add --installation 4711 --tenant acme", "ingestor credentials list"),
        subcommands: [Add.self, List.self, Rotate.self, Remove.self])

    fileprivate static func json(_ row: CredentialRow) -> [(String, JSONValue)] {
        [
            ("credential", .position(row.id)), ("provider", .string(row.provider)), ("kind", .string(row.kind.name)),
            ("name", .string(row.name)), ("installation", row.installation.map { .uint($0) } ?? .null),
            ("expiresAt", .time(row.expiresAt)), ("createdAt", .time(row.storedAt)),
            ("refreshedAt", .time(row.refreshedAt)),
        ]
    }
}

extension CredentialsCommand {
    struct Add: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps an access.",
            discussion: helpDiscussion(
                "A token; with --user an access token, a line break, and the token to refresh it; with --installation nothing.",
                examples: "ingestor credentials add --name ci < token.txt",
                "ingestor credentials add --installation 4711"))

        /// More is no token.
        private static let maximumByteCount = 64 << 10

        @OptionGroup var global: GlobalOptions
        @Option(help: "What it gives access to.") var provider = "github"
        @Option(help: "What to call it.") var name = ""
        @Flag(help: "It is a user's token that expires, with one to refresh it on the next line.") var user = false
        @Option(help: "The number of an installation of the App that the settings name.") var installation: UInt64?
        @Option(help: "The file with the secret; default: standard input.") var file: ByteArgument?
        @Option(help: "When it expires (RFC 3339).") var expires: String?

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            guard provider == "github" else {
                throw CommandError.usage("there is no access to keep for \(Printable.text(provider)): only for github")
            }
            guard installation == nil || !user else {
                throw CommandError.usage("--user and --installation are two kinds: give one of them")
            }
            let expiresAt = try expires.map { text in
                guard let time = Timestamp(rfc3339: text) else {
                    throw CommandError.usage("--expires has to be a time such as 2030-01-31T12:00:00Z")
                }
                return time
            }
            let secret = installation == nil ? try self.secret(context) : Secret("")
            let kind: CredentialKind = installation != nil ? .installation : user ? .user : .token
            let stored = CredentialStored(
                provider: provider, kind: kind, name: name, installation: installation, expiresAt: expiresAt)
            let tenant = try await store.engine.tenant(named: context.options.tenant)
            let id = try await store.credentials.add(stored, secret: secret, tenant: tenant)
            if context.json {
                try context.output.json([("credential", .position(id))])
            } else {
                try context.output.line("Credential \(id.rawValue) is kept.")
            }
            return .done
        }

        private func secret(_ context: Context) throws -> Secret {
            let bytes: [UInt8]
            if let file {
                bytes = try FileSystem.read(try context.absoluteText(file), limit: Self.maximumByteCount)
            } else {
                guard !context.isForAnother else {
                    throw CommandError(
                        "another process carries this out, which does not see your standard input: name a file with --file"
                    )
                }
                bytes = try FileSystem.read("/dev/stdin", limit: Self.maximumByteCount)
            }
            var text = bytes
            while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { text.removeLast() }
            let lines = text.split(separator: UInt8(ascii: "\n")).count
            guard !text.isEmpty, lines == (user ? 2 : 1) else {
                throw CommandError(
                    user
                        ? "the secret has to be two lines: the access token, and the token to refresh it"
                        : "the secret has to be one line that is not empty")
            }
            return Secret(text)
        }
    }

    struct List: QueryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what there is, without secrets.",
            discussion: helpDiscussion(examples: "ingestor credentials list --json"))

        @OptionGroup var global: GlobalOptions
        @OptionGroup var read: ReadOptions

        func run(_ context: Context, _ store: ReadStore) async throws -> ExitStatus {
            let rows = try store.queries.credentials()
            if context.json {
                for row in rows { try context.output.json(CredentialsCommand.json(row)) }
                return .done
            }
            if rows.isEmpty { context.output.note("Tenant \(context.options.tenant) has given no access.") }
            let now = Context.now()
            var table = Table([
                ("ID", .right), ("PROVIDER", .left), ("KIND", .left), ("NAME", .left), ("EXPIRES", .left),
            ])
            for row in rows {
                table.add([
                    .init("\(row.id.rawValue)"), .init(row.provider),
                    .init(row.installation.map { "installation \($0)" } ?? row.kind.name),
                    .init(Printable.text(row.name)), .init(row.expiresAt.map { Units.relative($0, to: now) } ?? "–"),
                ])
            }
            if !table.isEmpty { try context.output.table(table) }
            return .done
        }
    }

    struct Rotate: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seals all secrets, of all tenants, with a new master key.",
            discussion: helpDiscussion(
                "The key in keys/master.key is replaced. Where the key is a setting, the new one comes from a file, and the setting "
                    + "has to be changed before the next command.",
                examples: "ingestor credentials rotate", "ingestor credentials rotate --new-key-file new.key"))

        @OptionGroup var global: GlobalOptions
        @Option(help: "The file with the new key: 32 bytes in base64.") var newKeyFile: ByteArgument?

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let count: Int
            if let newKeyFile {
                count = try store.vault.rotate(to: try MasterKey.load(try context.absoluteText(newKeyFile)))
                context.output.note("From now on INGESTOR_MASTER_KEY has to be the new key.")
            } else {
                count = try store.vault.rotate()
            }
            if context.json {
                try context.output.json([("secrets", .count(count))])
            } else {
                try context.output.line("\(Units.count(count, "secret")) sealed with the new key.")
            }
            return .done
        }
    }

    struct Remove: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes an access back, and deletes its secret.",
            discussion: helpDiscussion(examples: "ingestor credentials remove 17"))

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The credential's number, as the list shows it.") var credential: UInt64

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let tenant = try await store.engine.tenant(named: context.options.tenant, creating: false)
            try await store.credentials.revoke(LogPosition(credential), tenant: tenant)
            if context.json {
                try context.output.json([("credential", .uint(credential))])
            } else {
                try context.output.line("Credential \(credential) is gone.")
            }
            return .done
        }
    }
}
