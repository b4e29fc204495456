import Events
import GitHubSimulator
import Ingest
import OpenSSL
import Projections
import ProviderKit
import Queries
import Replay
import Server
import State
import UnixSignals

/// The demo's course: what it does, and how it shows it.
struct DemoRun: Sendable {
    let context: Context
    let repository: DemoRepository
    let hub: DemoHub

    private static let eventCount = 14
    /// After so long a webhook has not led anywhere.
    private static let patience = Duration.seconds(30)

    private var stores: Stores { Stores(context: context) }
    private var output: Output { context.output }

    /// - Parameter configuration: where what was made is served afterwards, until somebody ends it; nil: it is not.
    func carryOut(isKept: Bool, thenServingOn configuration: ServerConfiguration?) async throws -> ExitStatus {
        let locator = DemoHub.locator(DemoHub.projectName)
        _ = try context.data.create(masterKeyIsConfigured: context.settings.masterKey != nil)
        guard let lock = try WriterLock.acquire(context.data, command: "demo") else {
            throw CommandError(
                "\(WriterLock.holder(context.data)) holds the log in \(context.data.path): choose another --data")
        }
        try title("A simulated GitHub on this machine has \(repository.title)")
        try fact("\(locator.description) at \(hub.server.gitURL)")
        let reports = try await stores.withWriter(holding: lock) { store in try await ingest(locator, store) }
        let status = try await stores.withReader(state: nil) { store in
            let row = try await shown(locator, store)
            let isSame = try compare(row, store)
            try title("What the store holds")
            try output.facts(Stats.facts(try store.queries.statistics()).map { ("  " + $0.0, $0.1) })
            try title("The last events")
            try showEvents(store)
            try explain(row, store)
            let isEqual = try await replay(store)
            try title(isSame && isEqual ? "Everything agrees" : "Something does not agree")
            try fact(closing(isKept))
            if context.json { try output.json(summary(reports, isSame: isSame, isEqual: isEqual)) }
            return isSame && isEqual ? ExitStatus.done : .damage
        }
        guard let configuration else { return status }
        let ended = try await serve(on: configuration, holding: lock)
        return status == .done ? ended : status
    }

    /// Serves what was made, and shows how to look at it.
    private func serve(on configuration: ServerConfiguration, holding lock: WriterLock) async throws -> ExitStatus {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (code, known) = OneTimeCode.make(try secureRandomBytes(OneTimeCode.randomByteCount), at: Context.now())
        return try await Holder(context: context, program: Program(environment: ThisProcess.environment())).hold(
            lock, "demo --serve", takesSignals: true
        ) { store in
            let (ports, listening) = AsyncStream<Int>.makeStream()
            let service = try Service(context, store, configuration, oneTimeCode: known) { listening.yield($0) }
            try await service.run {
                for await port in ports {
                    try output.line("\n" + context.style.bold("The dashboard, for one browser, within 15 minutes"))
                    try output.line("  http://\(configuration.host):\(port)/sign-in?code=\(code.revealText())")
                    try output.line("  It is served until you press Ctrl-C.")
                    try output.flush()
                    break
                }
                for await _ in signals { break }
            }
            return .done
        }
    }

    private func ingest(_ locator: Locator, _ store: WriteStore) async throws -> [SyncReport] {
        let tenant = try await store.engine.tenant(named: context.options.tenant, creating: true)
        let id = try await watched(locator, tenant, store)
        var reports: [SyncReport] = []
        func sync(_ id: RepositoryID) async throws {
            let report = try await store.engine.sync(
                id,
                progress: { progress in
                    output.progress("\(progress.stage)  \(Units.count(progress.blobs)) blobs")
                })
            output.clearProgress()
            reports.append(report)
            try show(report)
        }
        try title("First sync: everything at one commit")
        try await sync(id)
        try title("A push: its webhook comes in, and only what changed is fetched")
        try await takeInPush(id, store)
        try title("Nothing new: no objects are asked for")
        try await sync(id)
        try title("A fork with one commit of its own: what is there already is not kept again")
        try await sync(try await watched(DemoHub.locator(DemoHub.forkName), tenant, store))
        return reports
    }

    private func watched(_ locator: Locator, _ tenant: TenantID, _ store: WriteStore) async throws -> RepositoryID {
        if let known = try store.engine.repository(try store.engine.normalize(locator), of: tenant) { return known.id }
        return try await store.engine.addRepository(locator, configuration: .init(isPrivate: false), tenant: tenant).id
    }

    /// Serves as `ingestor serve` does until the pushed commit is complete.
    private func takeInPush(_ id: RepositoryID, _ store: WriteStore) async throws {
        guard let second = SHA1Hash(hex: repository.second) else { throw CommandError("the demo has no second commit") }
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let service = try Service(context, store, ServerConfiguration(port: 0)) { listening.yield($0) }
        hub.server.resetTraffic()
        try await service.run {
            for await port in ports {
                let clock = ContinuousClock()
                let began = clock.now
                try hub.push(repository.second, tellingPort: port)
                while try store.engine.repository(id).lastCommit != second {
                    guard clock.now - began < Self.patience else {
                        throw CommandError("the pushed commit did not arrive in \(Self.patience)")
                    }
                    try await Task.sleep(for: .milliseconds(2))
                }
                let seconds = (clock.now - began) / .seconds(1)
                try fact(
                    "commit \(context.style.accent(second.hex)) is stored \(Units.seconds(seconds)) after the push")
                try fact(
                    context.style.dim(
                        "\(Units.count(hub.server.traffic.count(of: .rest), "REST call")), \(Units.count(hub.server.traffic.requests.count, "request")) in all"
                    ))
                break
            }
        }
    }

    private func show(_ report: SyncReport) throws {
        let style = context.style
        try fact("commit \(style.accent(report.commit.hex))\(report.upToDate ? style.good("  up to date") : "")")
        if !report.upToDate {
            try fact(
                "\(Units.count(report.files, "file")), \(Units.bytes(report.logicalBytes)): \(Units.count(report.upserted)) new or changed, \(Units.count(report.removed)) removed"
            )
            try fact(
                "\(Units.count(report.blobsStored, "blob")) stored, \(Units.count(report.blobsReused)) there already")
        }
        try fact(
            style.dim(
                "\(Units.count(report.requests, "request")), \(Units.bytes(report.bytesFetched)) fetched, \(Units.seconds(report.seconds))"
            ))
    }

    private func shown(_ locator: Locator, _ store: ReadStore) async throws -> RepositoryRow {
        for candidate in store.providers.candidates(locator) {
            if let row = try store.queries.repository(candidate) { return row }
        }
        throw CommandError("the demo's repository is not in the state")
    }

    /// The listing against Git's own, byte for byte.
    private func compare(_ row: RepositoryRow, _ store: ReadStore) throws -> Bool {
        let style = context.style
        var listing: [UInt8] = []
        try store.queries.forEachFile(try store.queries.view(of: row)) { listing += ListTree.line($0) }
        let isSame = try listing == repository.builder.listing(at: repository.second)
        try title("Compared with `git ls-tree -r`")
        try fact(
            "\(Units.count(row.files, "file")), \(Units.bytes(listing.count)) of listing: \(isSame ? style.good("equal, byte for byte") : style.bad("DIFFERENT"))"
        )
        return isSame
    }

    private func showEvents(_ store: ReadStore) throws {
        guard !context.json else { return }
        var filter = EventFilter()
        filter.limit = Self.eventCount
        filter.takesNewest = true
        var presenter = EventPresenter(context, store.queries)
        presenter.showsSource = false
        try store.queries.forEachEvent(filter) { try presenter.show($0) }
    }

    /// Why one of the changed files is as it is.
    private func explain(_ row: RepositoryRow, _ store: ReadStore) throws {
        guard !context.json, let path = try changedPath(row, store) else { return }
        try title("Why is \(Printable.text(path)) as it is? (ingestor explain)")
        let explanation = try store.queries.explain(.file(row, path: path))
        var presenter = EventPresenter(context, store.queries)
        presenter.path = path
        presenter.showsSource = false
        for envelope in explanation.events { try presenter.show(envelope) }
    }

    private func changedPath(_ row: RepositoryRow, _ store: ReadStore) throws -> [UInt8]? {
        var filter = EventFilter()
        filter.repository = row.id
        filter.kinds = [.itemsChanged]
        filter.limit = 1
        filter.takesNewest = true
        var path: [UInt8]?
        try store.queries.forEachEvent(filter) { envelope in
            guard case .itemsChanged(let changes) = envelope.event else { return }
            path = (changes.items.first { $0.replaces != nil } ?? changes.items.first)?.path
        }
        return path
    }

    private func replay(_ store: ReadStore) async throws -> Bool {
        let style = context.style
        let live = try store.state.read { view in try view.stateDigest() }
        let report = try await Stores.withTemporaryDirectory { directory in
            try Replay.rebuild(
                log: store.log, upTo: nil, into: directory + "/state", options: try stores.stateOptions(),
                now: { Context.now() },
                progress: { _ in })
        }
        let isEqual = report.stateDigest == live
        try title("The state, rebuilt from the log alone (ingestor replay --verify)")
        try fact(
            "\(Units.count(report.events, "event")), \(Units.count(report.items, "item")) in \(Units.seconds(report.seconds))"
        )
        try fact("live     \(live.hex)")
        try fact("rebuilt  \(report.stateDigest.hex)  \(isEqual ? style.good("equal") : style.bad("DIFFERENT"))")
        return isEqual
    }

    private func closing(_ isKept: Bool) -> String {
        isKept
            ? "Kept in \(context.data.path): try `ingestor log --data \(context.data.path)`"
            : "Now yours: ingestor init, then ingestor sync github:owner/name"
    }

    private func title(_ text: String) throws {
        guard !context.json else { return }
        try output.line("\n" + context.style.bold(text))
        try output.flush()
    }

    private func fact(_ text: String) throws {
        guard !context.json else { return }
        try output.line("  " + text)
    }

    private func summary(_ reports: [SyncReport], isSame: Bool, isEqual: Bool) -> [(String, JSONValue)] {
        [
            ("syncs", .array(reports.map { .object(SyncPresenter.json($0)) })), ("listingEqual", .bool(isSame)),
            ("equal", .bool(isEqual)),
        ]
    }
}
