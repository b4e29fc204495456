import ArgumentParser
import EventLog
import Events
import Ingest
import Queries
import State

extension Tenants {
    struct Erase: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forgets a tenant for good; the log still proves what happened.",
            discussion: helpDiscussion(
                "Its repositories are no longer watched, its access is revoked, its key is destroyed, and its contents are deleted. "
                    + "Paths, authors, URLs, branches and error texts of it can never be read again, not even from a copy of "
                    + "the log. What is public stays. It cannot be undone.",
                examples: "ingestor tenant erase acme --yes"))

        /// How long a sync that is under way is waited for.
        private static let patience = Duration.seconds(60)
        private static let interval = Duration.milliseconds(200)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "Which.") var name: String?
        @Option(help: "Which, by its number: where its name cannot be read, since its key is lost.") var id: UInt32?
        @Flag(help: "It is meant.") var yes = false

        func validate() throws {
            guard (name == nil) != (id == nil) else {
                throw ValidationError("name the tenant, or give its number with --id")
            }
        }

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let tenant: TenantID
            if let name {
                tenant = try await store.engine.tenant(named: name, creating: false)
            } else {
                tenant = TenantID(id ?? 0)
            }
            guard yes else {
                throw CommandError.usage(
                    "erasing tenant \(Printable.text(name ?? "\(tenant.rawValue)")) cannot be undone: add --yes if it is meant"
                )
            }
            let event = try await erase(tenant, store)
            try await Erasure(store).finish()
            let inClear = try eventsInClear(of: tenant, store)
            if context.json {
                try context.output.json([
                    ("id", .count(tenant.rawValue)), ("repositories", .uint(event.repositories)),
                    ("credentials", .uint(event.credentials)), ("tokens", .uint(event.tokens)),
                    ("eventsInClear", .uint(inClear)),
                ])
            } else {
                try context.output.line("Tenant \(Printable.text(name ?? "\(tenant.rawValue)")) is erased.")
            }
            if inClear > 0 {
                context.output.note(
                    "\(Units.count(inClear, "event")) of it \(inClear == 1 ? "was" : "were") recorded in clear, before there were keys. The log cannot forget: "
                        + "what they say of paths, authors and URLs stays readable in it and in its copies.")
            }
            return .done
        }

        /// Events with something to seal that was not sealed.
        private func eventsInClear(of tenant: TenantID, _ store: WriteStore) throws -> UInt64 {
            var count: UInt64 = 0
            try store.reader.log.read { snapshot in
                try store.reader.state.read { view in
                    try view.forEachPosition(.tenant(tenant)) { position in
                        if let header = try snapshot.header(at: position), header.key == .none,
                            header.sealedByteCount > 0
                        {
                            count += 1
                        }
                        return true
                    }
                }
            }
            return count
        }

        private func erase(_ tenant: TenantID, _ store: WriteStore) async throws -> TenantErased {
            let began = ContinuousClock.now
            while true {
                do {
                    return try await store.engine.eraseTenant(tenant) { credential in
                        try await store.credentials.revoke(credential, tenant: tenant)
                    }
                } catch let error as IngestError where error.code == .busy {
                    guard ContinuousClock.now - began < Self.patience else { throw error }
                    try await Task.sleep(for: Self.interval)
                }
            }
        }
    }
}
