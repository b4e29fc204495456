import ArgumentParser
import Events
import Ingest
import Projections
import Queries
import State

extension Tenants {
    struct Set: WritingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes what a tenant may have.",
            discussion: helpDiscussion(
                "What is not named stays as it is; `none` takes a limit away. A source more than there may be is refused. A sync that "
                    + "would bring more bytes than there may be fails and its source is suspended, until there is room: `status` says "
                    + "so. Bytes are those of all file versions that are kept.",
                examples: "ingestor tenant set acme --max-repositories 100 --max-bytes 50000000000",
                "ingestor tenant set acme --max-requests none"))

        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "Sources that it may watch.") var maxRepositories: Limit?
        @Option(help: "Bytes that it may keep.") var maxBytes: Limit?
        @Option(help: "Requests to the API and the dashboard in a minute.") var maxRequests: Limit?

        /// A number, or none.
        struct Limit: ExpressibleByArgument {
            let value: UInt64?

            init?(argument: String) {
                guard argument != "none" else {
                    value = nil
                    return
                }
                guard let number = UInt64(argument), number <= UInt64(Int64.max) else { return nil }
                value = number
            }
        }

        func validate() throws {
            guard maxRepositories != nil || maxBytes != nil || maxRequests != nil else {
                throw ValidationError("Name a limit: --max-repositories, --max-bytes or --max-requests.")
            }
        }

        func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
            let id = try await store.engine.tenant(named: name, creating: false)
            guard var row = try store.reader.state.read({ view in try view.tenant(id) }) else {
                throw CommandError("tenant \(name) is not there, though it was just found")
            }
            if let maxRepositories { row.limits.repositories = maxRepositories.value }
            if let maxBytes { row.limits.bytes = maxBytes.value }
            if let maxRequests { row.limits.requestsPerMinute = maxRequests.value }
            try await store.engine.limit(id, to: row.limits)
            if context.json {
                try context.output.json(Forms.tenant(row))
            } else {
                try context.output.line("Tenant \(Printable.text(name)) may have \(Units.limits(row.limits)).")
            }
            return .done
        }
    }
}
