import EventLog
import Events
import Ingest
import Logging
import Projections
import ProviderKit
import Queries
import Silo
import State
import Vault

/// Opens what lies in a data directory.
struct Stores: Sendable {
    let context: Context
    var data: DataDirectory { context.data }

    /// Another process writes the state while this one waits for it; so often, and so long, is looked again.
    private static let waitAttempts = 40
    private static let attemptsUntilNote = 4
    private static let waitInterval = Duration.milliseconds(50)

    func stateOptions() throws -> StateOptions {
        var options = StateOptions()
        options.bootID = try ThisProcess.bootID()
        options.parallel = ParallelThreads.runner
        return options
    }

    /// For the state of the data directory, and for one that is built beside it.
    func liveStateOptions() throws -> StateOptions {
        var options = try stateOptions()
        options.snapshotDirectory = data.snapshots
        options.snapshotIntervalEvents = context.settings.snapshotEvents
        return options
    }

    /// Bytes of decoded frames that a command which only reads may keep: what is asked for next often stands beside them.
    private static let readingCacheByteCount = 256 << 20

    func siloOptions(_ log: EventLog) throws -> Silo.Options {
        var options = Silo.Options(now: { Context.now() }, bootID: try ThisProcess.bootID())
        // What opens records opens contents, too.
        options.keys = log.keys as? TenantKeys
        if let bytes = context.settings.shardBytes { options.shardByteCount = bytes }
        options.frameByteCount = context.settings.frameBytes
        options.levels = context.settings.compressionLevels
        return options
    }

    // MARK: Reading

    /// Opens everything for reading. A state that is missing or behind is brought up to date first: by this process, if no
    /// other one holds the right to write; else by that one. Where that takes too long it is built aside.
    ///
    /// - Parameter acceptsOutdated: also a state of an earlier version, which that other one is making anew.
    func withReader<R: Sendable>(
        state stateDirectory: String?, acceptsOutdated: Bool = false, _ body: (ReadStore) async throws -> R
    ) async throws -> R {
        try data.check()
        let keys = TenantKeys(reading: context)
        if let stateDirectory {
            let log = try EventLog.open(directory: data.log, mode: .reader, keys: keys)
            let state = try StateStore.open(
                directory: stateDirectory, log: log, mode: .reader(allowsStale: true), options: stateOptions())
            return try await read(log, state, body)
        }
        // What was durable when the command began is what it has to show.
        let wanted = try EventLog.open(directory: data.log, mode: .reader).count
        for attempt in 0..<Self.waitAttempts {
            if let (log, state) = try live(reaching: wanted, keys) { return try await read(log, state, body) }
            // A database is open once in a process: what was opened for reading is closed again by now.
            if let lock = try WriterLock.acquire(data, command: "catching up") {
                try await withWriter(holding: lock) { _ in }
                continue
            }
            if acceptsOutdated, let (log, state) = try live(reaching: wanted, keys, usesOutdated: true) {
                return try await read(log, state, body)
            }
            if attempt == Self.attemptsUntilNote { context.output.progress("waiting for \(WriterLock.holder(data))") }
            try await Task.sleep(for: Self.waitInterval)
        }
        context.output.note("The state is built aside, since \(WriterLock.holder(data)) has not brought it up to date.")
        return try await Self.withTemporaryDirectory { directory in
            let log = try EventLog.open(directory: data.log, mode: .reader, keys: keys)
            let state = try StateStore.open(
                directory: directory + "/projections", log: log, mode: .writer, options: liveStateOptions(),
                progress: showProgress)
            return try await read(log, state, body)
        }
    }

    /// The log, and the state that is there; nil where there is none that can be used, or one that is behind.
    private func live(
        reaching wanted: UInt64, _ keys: TenantKeys, usesOutdated: Bool = false
    ) throws -> (EventLog, StateStore)? {
        var options = try stateOptions()
        options.usesOutdated = usesOutdated
        let log = try EventLog.open(directory: data.log, mode: .reader, keys: keys)
        do {
            let state = try StateStore.open(
                directory: data.projections, log: log, mode: .reader(allowsStale: true), options: options)
            return try state.count >= wanted ? (log, state) : nil
        } catch let error as StateError
            where error.code == .missing || error.code == .unusable || error.code == .damaged
        {
            return nil
        }
    }

    private func read<R: Sendable>(
        _ log: EventLog, _ state: StateStore, _ body: (ReadStore) async throws -> R
    ) async throws -> R {
        var options = try siloOptions(log)
        options.cachedFrameByteCount = Self.readingCacheByteCount
        let silo = try Silo.open(
            directory: data.silo, locations: data.locations, mode: .reader, options: options)
        let tenant = context.options.tenant
        let tenants = try state.read { view in try view.tenants().filter { !$0.isErased }.map(\.name) }
        if tenant != GlobalOptions.defaultTenant, !tenants.contains(tenant) {
            let likely = Spelling.nearest(to: tenant, in: tenants).map { "did you mean \(Printable.text($0))?" }
            throw CommandError(
                "there is no tenant \(Printable.text(tenant)): \(likely ?? "`ingestor tenant list` shows those that exist")"
            )
        }
        if !tenants.contains(tenant), tenants.contains("") {
            context.output.note(
                "The name of a tenant cannot be read, since its key is missing from \(data.path)/keys: what is its own is not shown."
            )
        }
        let queries = try Queries(log: log, state: state, silo: silo, tenant: tenant)
        let providers = Providers(context.settings)
        try providers.restoreLimits(state)
        let store = ReadStore(log: log, state: state, silo: silo, queries: queries, providers: providers)
        let result = try await body(store)
        try silo.close()
        return result
    }

    private func showProgress(_ progress: StateProgress) {
        context.output.progress(progress)
    }

    // MARK: Writing

    /// Opens everything for writing, and closes it in an orderly way.
    ///
    /// - Parameter usesOutdated: of whoever makes a state of an earlier version anew beside its work.
    func withWriter<R: Sendable>(
        holding lock: WriterLock, usesOutdated: Bool = false, _ body: (WriteStore) async throws -> R
    ) async throws -> R {
        try data.check()
        let vault = LazyVault(data: data, givenKey: context.settings.masterKey)
        let keys = TenantKeys(store: vault)
        let log = try EventLog.open(directory: data.log, mode: .writer, keys: keys)
        var options = try liveStateOptions()
        options.usesOutdated = usesOutdated
        let state = try StateStore.open(
            directory: data.projections, log: log, mode: .writer, options: options, progress: showProgress)
        keys.findUse(in: log, state)
        context.output.clearProgress()
        report(state.opening)
        let eventCount = try state.count
        context.logger.debug("state is open", metadata: ["events": "\(eventCount)"])
        let silo = try Silo.open(
            directory: data.silo, locations: data.locations, mode: .writer, options: siloOptions(log))
        report(silo.openReport)
        let thread = ThreadExecutor()
        let writer = try EventLogWriter(log: log, follower: state, executor: thread)
        let credentials = Credentials(writer: writer, state: state, secrets: vault, clock: { Context.now() })
        let defaultTenant = DefaultTenant(state: state)
        let providers = Providers(context.settings, credentials: credentials) { defaultTenant.matches($0) }
        try providers.restoreLimits(state)
        let engine = Engine(
            log: log, writer: writer, state: state, silo: silo, providers: providers.all, clock: { Context.now() },
            options: engineOptions())
        let store = WriteStore(
            engine: engine, credentials: credentials, vault: vault, keys: keys,
            reader: ReadStore(
                log: log, state: state, silo: silo,
                queries: try Queries(log: log, state: state, silo: silo, tenant: context.options.tenant),
                providers: providers))
        // One thread hashes and puts, another one compresses, until the store is closed: nothing may throw between here and there.
        async let compression: Void = silo.compressUntilClosed()
        // And one copies the state now and then.
        async let snapshots: Void = state.takeSnapshotsUntilStopped { report($0) }
        let result: R
        do {
            try await engine.recover()
            for tenant in try await Erasure(store).finish() {
                context.logger.info("an erasure that was cut is finished", metadata: ["tenant": "\(tenant.rawValue)"])
            }
            result = try await body(store)
            try await engine.recordDigestIfDue()
        } catch {
            do { try await close(writer, silo, state) } catch let later {
                context.output.problem("ingestor: closing the stores failed too: \(later)")
            }
            throw error
        }
        try await close(writer, silo, state)
        try await compression
        await snapshots
        // Until here nobody else may write.
        withExtendedLifetime(lock) {}
        return result
    }

    /// How the state came to be, where it was not simply there.
    private func report(_ opening: StateOpening) {
        for reason in opening.passedOver {
            context.logger.warning("a snapshot of the state was passed over", metadata: ["reason": "\(reason)"])
        }
        switch opening.origin {
        case .existing: return
        case .snapshot(let count):
            context.logger.info(
                "the state began anew from a snapshot",
                metadata: ["events": "\(count)", "reason": "\(opening.reason ?? "it was missing or far behind")"])
        case .log:
            context.logger.info(
                "the state was built anew from the log",
                metadata: ["reason": "\(opening.reason ?? "it was missing or far behind")"])
        }
    }

    private func report(_ snapshot: Result<UInt64, any Error>) {
        switch snapshot {
        case .success(let count):
            context.logger.debug("a snapshot of the state was taken", metadata: ["events": "\(count)"])
        case .failure(let error):
            context.logger.error(
                "no snapshot of the state could be taken; work goes on", metadata: ["reason": "\(error)"])
        }
    }

    /// What opening the blob store had to put right.
    private func report(_ opened: OpenReport) {
        if opened.hasRebuiltLocations { context.logger.info("blob locations were made anew from the shards") }
        for (shard, count) in opened.cutByteCounts.sorted(by: { $0.key < $1.key }) {
            context.logger.info(
                "the end of a shard was cut: nothing had waited for it",
                metadata: ["shard": "\(shard.rawValue)", "bytes": "\(count)"])
        }
        for damage in opened.damages {
            context.logger.error(
                "a shard is damaged: run `ingestor verify --repair`",
                metadata: [
                    "shard": "\(damage.shard.rawValue)", "offset": "\(damage.offset)", "reason": "\(damage.reason)",
                ])
        }
    }

    private func close(_ writer: EventLogWriter, _ silo: Silo, _ state: StateStore) async throws {
        state.stopSnapshots()
        await writer.stop()
        try silo.close()
        try state.close()
    }

    private func engineOptions() -> EngineOptions {
        var options = EngineOptions(spoolDirectory: data.spool)
        options.cacheDirectory = data.sources
        options.countsAhead = context.output.showsProgress
        options.digestIntervalEvents = context.settings.digestEvents
        options.concurrency = context.settings.concurrency
        options.retryPolicy.maximumAttempts = UInt32(context.settings.maxAttempts)
        options.sourceLimits.maximumBlobByteCount = context.settings.maxBlobBytes
        return options
    }

    // MARK: Aside

    /// A directory for something that is thrown away afterwards.
    static func withTemporaryDirectory<R: Sendable>(_ body: (String) async throws -> R) async throws -> R {
        let parent = ThisProcess.environment()["TMPDIR"] ?? "/tmp"
        let directory = try FileSystem.makeTemporaryDirectory(in: parent, prefix: "ingestor")
        Interruption.willRemove(directory)
        defer { Interruption.hasRemoved(directory) }
        let result: R
        do { result = try await body(directory) } catch {
            try FileSystem.removeTree(directory)
            throw error
        }
        try FileSystem.removeTree(directory)
        return result
    }
}
