import ArgumentParser
import EventLog
import Events
import Vault

/// `bench log`
struct BenchLog: StandaloneCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Makes a data directory with a synthetic log, to measure on.",
        discussion: helpDiscussion(
            "Repositories that are synced in turn: a first sync brings 20 to 2,000 files, a later one nothing (three of five) or 1 "
                + "to 128, the fewer the likelier. The same seed gives the same events; sealed as always, so that two of one seed "
                + "differ in their bytes, unless --clear leaves them in clear. There are no contents. Events, items and blobs "
                + "are counted, as in all rates.",
            examples: "ingestor bench log --data /tmp/synthetic --items 10000000",
            "ingestor replay --data /tmp/synthetic"))

    @OptionGroup var global: GlobalOptions
    @Option(name: .long, help: .init("Events, and items and blobs in them, at least.", valueName: "n"))
    var items: UInt64 = 1_000_000
    @Option(name: .long, help: .init("Repositories.", valueName: "n")) var repositories = 1000
    @Option(name: .long, help: .init("Where the numbers begin.", valueName: "n")) var seed: UInt64 = 1
    @Flag(name: .long, help: "Seal nothing.") var clear = false

    func validate() throws {
        guard repositories > 0, repositories <= 1_000_000 else {
            throw ValidationError("--repositories is a number from 1 to 1,000,000.")
        }
    }

    /// Events of one append.
    private static let batchEvents = 4096

    func run(_ context: Context) async throws -> ExitStatus {
        let data = context.data
        guard try data.create(masterKeyIsConfigured: context.settings.masterKey != nil) else {
            throw CommandError("\(data.path) is a data directory already: choose one that is empty or not there yet")
        }
        let vault = LazyVault(data: data, givenKey: context.settings.masterKey)
        let keys = clear ? nil : TenantKeys(store: vault)
        let log = try EventLog.open(directory: data.log, mode: .writer, keys: keys)
        let writer = try EventLogWriter(log: log, follower: NoFollower(), executor: ThreadExecutor())
        var history = SyntheticHistory(seed: seed, repositories: repositories)
        let began = ContinuousClock.now
        var batch: [EncodedEvent] = []
        var hasher = SHA256Hasher()
        while history.items < items {
            let (drafts, time) = history.step()
            for draft in drafts { batch.append(try EncodedEvent(draft, at: time, keys: keys, hasher: &hasher)) }
            if batch.count >= Self.batchEvents {
                _ = try await writer.append(AppendRequest(batch))
                batch = []
                context.output.progress(history.items, of: items, "making", .count("items"))
            }
        }
        _ = try await writer.append(AppendRequest(batch))
        await writer.stop()
        context.output.clearProgress()
        let seconds = (ContinuousClock.now - began).seconds
        let root = try log.read { try $0.root() }
        let mix = history.mix.sorted { $0.key.rawValue < $1.key.rawValue }
        if context.json {
            try context.output.json([
                ("events", .uint(history.count)), ("items", .uint(history.items)), ("bytes", .count(log.usedBytes)),
                ("root", .hash(root)), ("seconds", .double(seconds)),
                ("mix", .object(mix.map { ($0.key.name, .uint($0.value)) })),
            ])
            return .done
        }
        try context.output.facts(
            [
                ("events", "\(Units.count(history.count)) in \(Units.bytes(log.usedBytes))"),
                ("items", "\(Units.count(history.items)) in \(Units.seconds(seconds))"), ("root", root.hex),
            ] + mix.map { ("  " + $0.key.name, Units.count($0.value)) })
        return .done
    }
}
