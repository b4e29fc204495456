import ArgumentParser
import Events
import Ingest
import Projections
import ProviderKit
import Queries

/// `sync`
struct Sync: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Brings sources up to date; adds those that are not watched yet.",
        discussion: helpDiscussion(
            "What did not change is not fetched. A sync that was cut goes on where it was. A failed one is tried again by "
                + "whoever syncs the source next; after too many attempts it goes to the dead letters.",
            examples: "ingestor sync git:https://github.com/apple/swift-log", "ingestor sync --all --json"))

    @OptionGroup var global: GlobalOptions
    @OptionGroup var tuning: TuningOptions
    @Flag(name: .long, help: "All sources of the tenant.") var all = false
    @Flag(name: .long, help: "Read everything again, whatever is known.") var force = false
    @Argument(help: "github:OWNER/NAME, git:URL or dir:PATH") var locators: [ByteArgument] = []

    /// How long to wait for a sync of the same source that is under way.
    private static let busyPatience = Duration.seconds(3600)
    private static let busyInterval = Duration.milliseconds(200)

    var flags: [SettingKey: String] { tuning.flags }

    func validate() throws {
        if all == !locators.isEmpty { throw ValidationError("Name the sources to sync, or say --all.") }
    }

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        var hasFailed = false
        let repositories = try await repositories(context, store, &hasFailed)
        if repositories.isEmpty, all {
            context.output.note("No source is watched for tenant \(context.options.tenant).")
        }
        let presenter = SyncPresenter(context, count: repositories.count)
        var waiting = repositories
        let began = ContinuousClock.now
        while !waiting.isEmpty {
            var busy: [RepositoryRow] = []
            let rows = waiting
            try await store.engine.sync(
                rows.map(\.id), reason: force ? .forced : .command, progress: { presenter.progress($0) },
                completed: { id, result in
                    switch result {
                    case .success(let report): try presenter.show(report)
                    case .failure(let error as IngestError)
                    where error.code == .busy && ContinuousClock.now - began < Self.busyPatience:
                        busy += rows.filter { $0.id == id }
                    case .failure(let error):
                        guard !(error is CancellationError), !(error is OutputClosed) else { throw error }
                        hasFailed = true
                        presenter.show(error, of: rows.first { $0.id == id })
                    }
                })
            waiting = busy
            if !busy.isEmpty { try await Task.sleep(for: Self.busyInterval) }
        }
        return hasFailed ? .failed : .done
    }

    private func repositories(
        _ context: Context, _ store: WriteStore, _ hasFailed: inout Bool
    ) async throws -> [RepositoryRow] {
        if all {
            let watched = try store.reader.queries.repositories()
            let gone = watched.filter { $0.suspension?.reason == .deleted }
            for row in gone {
                context.output.note("\(Printable.source(row.locator.bytes)) was deleted, and is left as it is.")
            }
            return watched.filter { row in !gone.contains { $0.id == row.id } }
        }
        let locators = try locators.map { try store.reader.providers.locator($0.bytes, context) }
        let tenant = try await store.engine.tenant(named: context.options.tenant, creating: true)
        var rows: [RepositoryRow] = []
        for locator in locators {
            do {
                let row = try await repository(locator, tenant, store)
                if !rows.contains(where: { $0.id == row.id }) { rows.append(row) }
            } catch let error as ProviderError {
                // A source that cannot be there stops none of the others.
                hasFailed = true
                context.output.problem("ingestor: \(Printable.source(locator.bytes)): \(error.message)")
            }
        }
        return rows
    }

    /// Two processes may add one source at once; then the second finds the first one's.
    private func repository(_ locator: Locator, _ tenant: TenantID, _ store: WriteStore) async throws -> RepositoryRow {
        for candidate in store.reader.providers.candidates(locator) {
            if let row = try store.engine.repository(candidate, of: tenant) { return row }
        }
        do {
            return try await store.engine.addRepository(
                locator, configuration: RepositoryConfiguration(), tenant: tenant)
        } catch let error as IngestError where error.code == .alreadyAdded {
            guard let row = try store.engine.repository(store.engine.normalize(locator), of: tenant) else {
                throw error
            }
            return row
        }
    }
}

/// Settings that a sync may be given as flags.
struct TuningOptions: ParsableArguments, Sendable {
    @Option(name: .long, help: .init("Sources read at once (INGESTOR_CONCURRENCY; default 4).", valueName: "n"))
    var concurrency: String?

    @Option(
        name: .long, help: .init("Attempts before a job gives up (INGESTOR_MAX_ATTEMPTS; default 5).", valueName: "n"))
    var maxAttempts: String?

    @Option(
        name: .long, help: .init("Skip larger files (INGESTOR_MAX_BLOB_BYTES; default: no limit).", valueName: "bytes"))
    var maxBlobBytes: String?

    @Option(name: .long, help: .init("Certificates to trust (INGESTOR_CA_FILE).", valueName: "file"))
    var caFile: String?

    @Option(name: .long, help: .init("HTTP proxy (INGESTOR_PROXY).", valueName: "url"))
    var proxy: String?

    var flags: [SettingKey: String] {
        let values: [(SettingKey, String?)] = [
            (.concurrency, concurrency), (.maxAttempts, maxAttempts), (.maxBlobBytes, maxBlobBytes), (.caFile, caFile),
            (.proxy, proxy),
        ]
        return Dictionary(uniqueKeysWithValues: values.compactMap { key, value in value.map { (key, $0) } })
    }
}
