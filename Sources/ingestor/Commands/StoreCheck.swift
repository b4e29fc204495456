import EventLog
import Events
import Projections
import Queries
import Silo
import State

/// What is known of a log from elsewhere.
struct LogExpectation: Sendable {
    /// A head that it has to go on from.
    var head: TreeHead?
    /// Keys that may have signed its checkpoints; none: whichever the log names.
    var trusted: [NoteVerifier] = []
}

/// Goes through the log and the store, and gathers what is wrong.
struct StoreCheck {
    let context: Context
    let store: ReadStore
    private(set) var events: UInt64 = 0
    private(set) var checkpoints = 0
    private(set) var blobs: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    private(set) var damage: [Verify.Damage] = []
    /// Contents that are sealed with a key that is not to be had. That is no damage: with the key they can be read again.
    private(set) var closed: UInt64 = 0
    /// Why, of the first of them.
    private(set) var closedReason: String?

    init(context: Context, store: ReadStore) {
        self.context = context
        self.store = store
    }

    mutating func checkLog(_ expectation: LogExpectation, decodingPayloads: Bool) async throws {
        let count = try store.log.count
        let output = context.output
        let result = try await store.log.verify(
            expecting: expectation.head, trusting: expectation.trusted.map(\.publicKey),
            decodingPayloads: decodingPayloads, concurrency: Processors.count
        ) { position in
            try Task.checkCancellation()
            output.progress(position.rawValue, of: count, "checking the log:", .count("events"))
        }
        events = result.eventCount
        checkpoints = result.checkpointCount
        damage += result.findings.map {
            .init(place: "log", code: $0.kind.rawValue, message: $0.description, position: $0.position)
        }
    }

    mutating func checkBlobs(sample: Double?) async throws {
        if let sample { try checkSample(percent: sample) } else { try await checkShards() }
        try checkPresence()
    }

    private mutating func checkShards() async throws {
        let known = try store.state.read { view in
            Dictionary(try view.shards().map { ($0.id, $0.contentHash) }, uniquingKeysWith: { $1 })
        }
        let output = context.output
        let verification = try store.silo.verification(sealedHashes: known)
        let report = try await withThrowingTaskGroup(of: VerifyReport.self) { group in
            for (number, share) in VerifyShare.all(Processors.count).enumerated() {
                group.addTask {
                    try verification.check(share) { progress in
                        // They keep pace, so one of them tells how far all have come.
                        guard number == 0 else { return }
                        output.progress(
                            progress.checkedByteCount, of: progress.totalByteCount, "checking the store:", .bytes)
                    }
                }
            }
            return try await group.reduce(into: VerifyReport()) { $0.add($1) }
        }
        blobs = UInt64(report.blobCount)
        bytes = UInt64(report.rawByteCount)
        closed = report.closed.reduce(0) { $0 + UInt64($1.blobCount) }
        closedReason = report.closed.first?.reason
        damage += report.findings.map {
            .init(
                place: "store", code: $0.code.rawValue, message: $0.message, shard: $0.shard, hash: $0.blob,
                domain: $0.domain)
        }
    }

    /// Reads a part of the contents, another one each time.
    private mutating func checkSample(percent: Double) throws {
        let phase = UInt16.random(in: .min ... .max)
        let threshold = UInt32((percent / 100 * 65_536).rounded(.up))
        for row in try allBlobs() {
            let prefix = row.hash.bytes.prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
            guard UInt32(prefix &- phase) < threshold, let stored = row.stored else { continue }
            try Task.checkCancellation()
            context.output.progress("store: \(Units.count(blobs)) blobs, \(Units.bytes(bytes))")
            do {
                try store.silo.read(row.hash, in: row.domain) { _ in }
                blobs += 1
                bytes += stored.size
            } catch let error as SiloError where error.code == .encrypted {
                closed += 1
                closedReason = closedReason ?? error.message
            } catch let error as SiloError {
                damage.append(
                    .init(
                        place: "store", code: error.code.rawValue, message: "\(row.hash.hex): \(error)",
                        shard: error.shard ?? stored.shard,
                        hash: row.hash, domain: row.domain))
            }
        }
    }

    /// Every content that the state calls stored has to be where the store finds it.
    private mutating func checkPresence() throws {
        let found = Set(damage.compactMap(\.hash))
        for row in try allBlobs() where row.references > 0 && !found.contains(row.hash) {
            guard let stored = row.stored, try store.silo.contains(row.hash, in: row.domain) == nil else { continue }
            damage.append(
                .init(
                    place: "store", code: "missing", message: "\(row.hash.hex) is referenced and not in the store",
                    shard: stored.shard, hash: row.hash, domain: row.domain))
        }
    }

    /// Says what could not be read; nil where all could.
    var closedNote: String? {
        guard closed > 0 else { return nil }
        return "\(Units.count(closed, "sealed content")) could not be read, which is no damage: "
            + (closedReason ?? "the keys are missing")
    }

    /// Paths that are named of one damaged content.
    private static let maximumDependents = 20

    /// Says of each damaged content which sources need it, and at which paths.
    mutating func nameDependents() throws {
        for index in damage.indices {
            guard let hash = damage[index].hash, let domain = damage[index].domain else { continue }
            var references: [BlobReference] = []
            var count: UInt64 = 0
            try store.state.read { view in
                try view.forEachReference(to: hash, in: domain) { reference in
                    count += 1
                    if references.count < Self.maximumDependents { references.append(reference) }
                    return true
                }
            }
            damage[index].references = count
            damage[index].dependents = try references.compactMap { reference in
                guard let path = try store.queries.path(of: reference),
                    let repository = try store.state.read({ view in try view.repository(reference.repository) })
                else { return nil }
                return .init(
                    repository: reference.repository, locator: repository.locator.description, path: path)
            }
        }
    }

    private func allBlobs() throws -> [BlobRow] {
        try store.state.read { view in
            var rows: [BlobRow] = []
            // What was erased is said to be stored by the log for ever, and is not there.
            let erased = Set(try view.tenants().filter(\.isErased).map { Domain.tenant($0.id) })
            for (domain, _) in try view.statistics().domains where !erased.contains(domain) {
                try view.forEachBlob(in: domain) { row in
                    rows.append(row)
                    return true
                }
            }
            return rows
        }
    }
}
