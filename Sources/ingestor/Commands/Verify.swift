import ArgumentParser
import EventLog
import Events
import Ingest
import Queries
import Silo
import State

/// `verify`
struct Verify: WritingCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks every hash; finds and names damage; fetches it again.",
        discussion: helpDiscussion(
            "Without --log and --blobs both are checked. Damage is recorded in the log. With --repair what is damaged is fetched "
                + "again from a source that has it. With --checkpoint a log that was wound back or rewritten is found, too. "
                + "Hashes tell every change of the log, so --log decodes only the last events and checkpoints; with --payloads, or "
                + "where both are checked, every event is decoded.",
            examples: "ingestor verify", "ingestor verify --log --checkpoint kept.txt",
            "ingestor verify --blobs --sample 5", "ingestor verify --repair"))

    @OptionGroup var global: GlobalOptions
    @Flag(name: .long, help: "Check the log: hashes, order, references, the tree over it.") var log = false
    @Flag(name: .long, help: "Check the log, and decode every event of it.") var payloads = false
    @Flag(name: .long, help: "Check the store: every shard, frame and content.") var blobs = false
    @Option(
        name: .long, help: .init("Read so many in a hundred contents, instead of every shard.", valueName: "percent"))
    var sample: Double?
    @Flag(name: .long, help: "Fetch what is damaged again.") var repair = false
    @Option(
        name: .long,
        help: .init("The log has to go on from this checkpoint, which was kept elsewhere.", valueName: "file"))
    var checkpoint: ByteArgument?
    @Option(
        name: .long,
        help: .init("A key that may have signed checkpoints, instead of this log's; repeatable.", valueName: "key"))
    var publicKey: [String] = []

    func validate() throws {
        if let sample, !(sample > 0 && sample <= 100) {
            throw ValidationError("--sample is a number above 0, up to 100.")
        }
    }

    /// What is wrong somewhere.
    struct Damage: Sendable {
        var place: String
        var code: String
        var message: String
        var position: LogPosition?
        var shard: ShardID?
        var hash: SHA1Hash?
        var domain: Domain?
        var isRepaired = false
        /// The sources and paths that need it, some of them.
        var dependents: [Dependent] = []
        /// How many file versions name it.
        var references: UInt64 = 0

        struct Dependent: Sendable {
            var repository: RepositoryID
            var locator: String
            var path: [UInt8]
        }

        var json: JSONValue {
            .object([
                ("in", .string(place)), ("code", .string(code)), ("message", .string(message)),
                ("position", .position(position)),
                ("shard", shard.map { .uint($0.rawValue) } ?? .null), ("sha", .hash(hash)),
                ("repaired", .bool(isRepaired)), ("references", .uint(references)),
                (
                    "dependents",
                    .array(
                        dependents.map { dependent in
                            .object(
                                [
                                    ("repository", .count(dependent.repository.rawValue)),
                                    ("locator", .string(dependent.locator)),
                                ] + JSONValue.fields("path", bytes: dependent.path))
                        })
                ),
            ])
        }
    }

    private var checksAll: Bool { !log && !payloads && !blobs && checkpoint == nil }
    private var checksLog: Bool { log || payloads || checksAll || checkpoint != nil }

    /// A log whose pages are damaged must not be opened: reading them could end the process. One that lacks what appending needs is
    /// checked without opening it for that.
    func prepare(_ context: Context) async throws -> ExitStatus? {
        guard checksLog else { return nil }
        let findings = try EventLog.checkFile(directory: context.data.log)
        guard findings.isEmpty else {
            try report(findings, context)
            context.output.note("The log was not opened: restore it from a backup.")
            return .damage
        }
        let log = try EventLog.open(directory: context.data.log, mode: .reader)
        do {
            _ = try log.read { try $0.treeHead }
        } catch let error as LogError where error.code == .damaged {
            try report(try await log.verify(concurrency: Processors.count).findings, context)
            context.output.note("Nothing can be appended to this log: restore it from a backup.")
            return .damage
        }
        let options = try Stores(context: context).stateOptions()
        guard let reason = try StateStore.contradiction(in: context.data.projections, log: log, options: options)
        else { return nil }
        let detail = "the state in \(context.data.projections) remembers another log: \(reason)"
        // What was changed may show in the log itself.
        var found = try await log.verify(concurrency: Processors.count).findings
        found.append(LogFinding(kind: .unexpectedHead, position: LogPosition(try log.count), detail: detail))
        try report(found, context)
        context.output.note(
            "The log was wound back or exchanged. If that was meant, delete the state, which is then built anew.")
        return .damage
    }

    private func report(_ findings: [LogFinding], _ context: Context) throws {
        let damage = findings.map {
            Damage(place: "log", code: $0.kind.rawValue, message: $0.description, position: $0.position)
        }
        guard !context.json else {
            return try context.output.json([
                ("events", .uint(0)), ("blobs", .uint(0)), ("bytes", .uint(0)), ("checkpoints", .uint(0)),
                ("damage", .array(damage.map(\.json))), ("closed", .uint(0)),
            ])
        }
        for finding in damage {
            try context.output.line("\(context.style.bad("damaged"))  \(Printable.text(finding.message))")
        }
    }

    func run(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        // No shard may go that is looked at.
        try await store.engine.withoutCollection { try await check(context, store) }
    }

    private func check(_ context: Context, _ store: WriteStore) async throws -> ExitStatus {
        let began = ContinuousClock.now
        var check = StoreCheck(context: context, store: store.reader)
        if checksLog {
            try await check.checkLog(try expectation(context, store), decodingPayloads: payloads || checksAll)
        }
        if blobs || checksAll { try await check.checkBlobs(sample: sample) }
        context.output.clearProgress()
        try check.nameDependents()
        var damage = check.damage
        try await record(damage, store)
        if repair, !damage.isEmpty { damage = try await Repair(context: context, store: store).carryOut(damage) }
        let seconds = (ContinuousClock.now - began).seconds
        if context.json {
            try context.output.json([
                ("events", .uint(check.events)), ("blobs", .uint(check.blobs)), ("bytes", .uint(check.bytes)),
                ("checkpoints", .count(check.checkpoints)), ("damage", .array(damage.map(\.json))),
                ("closed", .uint(check.closed)), ("seconds", .double(seconds)),
            ])
        } else {
            try show(damage, check, seconds, context)
        }
        if let note = check.closedNote { context.output.note(note) }
        return damage.allSatisfy(\.isRepaired) ? .done : .damage
    }

    /// What the log's checkpoints, and the one that was kept, are held against.
    private func expectation(_ context: Context, _ store: WriteStore) throws -> LogExpectation {
        var expectation = LogExpectation()
        let keys = try publicKey.map { try NoteVerifier($0) }
        expectation.trusted = keys.isEmpty ? try store.knownCheckpointKeys(context) : keys
        guard let checkpoint else { return expectation }
        let path = try context.absoluteText(checkpoint)
        let kept = try LogCheckpoint(parsing: try FileSystem.read(path, limit: SignedNote.maximumByteCount))
        guard !expectation.trusted.isEmpty else {
            throw CommandError.usage("there is no key to verify \(path) with: name it with --public-key")
        }
        // The name belongs to the key: under another one it is another key.
        let verifiers = try expectation.trusted.map { try NoteVerifier(name: kept.origin, publicKey: $0.publicKey) }
        let own = verifiers.first { verifier in kept.note.signatures.contains { $0.keyID == verifier.keyID } }
        guard let own else {
            throw CommandError("\(path) is signed by another key than this log's: name it with --public-key")
        }
        try kept.verify(with: own)
        expectation.head = kept.head
        return expectation
    }

    /// What the store could not read is known to be damaged from here on, and is fetched by the next repair.
    private func record(_ damage: [Damage], _ store: WriteStore) async throws {
        for finding in damage {
            guard let hash = finding.hash, let shard = finding.shard, let domain = finding.domain else { continue }
            try await store.engine.recordDamage(hash, in: domain, shard: shard, code: finding.code)
        }
    }

    private func show(_ damage: [Damage], _ check: StoreCheck, _ seconds: Double, _ context: Context) throws {
        let style = context.style
        for finding in damage {
            let mark = finding.isRepaired ? style.good("repaired") : style.bad("damaged")
            try context.output.line("\(mark)  \(Printable.text(finding.message))")
            for dependent in finding.dependents {
                try context.output.line("    \(Printable.text(dependent.locator)):\(Printable.text(dependent.path))")
            }
            let rest = finding.references - min(finding.references, UInt64(finding.dependents.count))
            if rest > 0 { try context.output.line("    … and \(Units.count(rest)) more versions") }
        }
        let verdict =
            damage.isEmpty
            ? style.good(check.closed == 0 ? "no damage" : "no damage in what can be read")
            : style.bad(Units.count(damage.count, "finding"))
        try context.output.line(
            "\(Units.count(check.events, "event")), \(Units.count(check.blobs, "blob")), \(Units.bytes(check.bytes)) checked in \(Units.seconds(seconds)): \(verdict)"
        )
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
