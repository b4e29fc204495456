import EventLog
import Events
import Projections
import Silo
import State

/// One run of the garbage collection.
struct Collection {
    let engine: Engine
    let options: CollectOptions
    let progress: @Sendable (CollectProgress) -> Void
    /// The time of the run: all its decisions are of one moment.
    let now: Timestamp
    var report = CollectReport()
    /// Domains of which an open shard has lost a content.
    var domainsWithHoles: Set<Domain> = []
    /// Of a dry run: references that would go.
    var released: [Pins.Key: UInt64] = [:]

    init(_ engine: Engine, _ options: CollectOptions, _ progress: @escaping @Sendable (CollectProgress) -> Void) {
        self.engine = engine
        self.options = options
        self.progress = progress
        now = engine.clock()
    }

    mutating func run() async throws {
        try await releaseVersions()
        if mayGoOn() { try await releaseBlobs() }
        if mayGoOn() { try await deleteBlobs() }
        if mayGoOn() { try await releaseBodies() }
        if !options.isDryRun, mayGoOn() { try await compact() }
        if options.recompresses, !options.isDryRun, mayGoOn() { try await recompress() }
        try countWaiting()
    }

    /// Whether there is time for the next step.
    mutating func mayGoOn() -> Bool {
        if Task.isCancelled || !options.mayGoOn() { report.isCut = true }
        return !report.isCut
    }

    func tell(_ stage: CollectProgress.Stage, _ done: some BinaryInteger) {
        progress(CollectProgress(stage: stage, done: UInt64(done)))
    }

    /// Appends a decision of this run.
    ///
    /// - Returns: where it stands.
    @discardableResult
    func append(_ event: Event, in domain: Domain) async throws -> LogPosition {
        let draft = EventDraft(event, tenant: domain.owner, domain: domain)
        guard case .appended(let range) = try await engine.writer.append([draft], at: engine.clock()) else {
            preconditionFailure("an append without claims cannot find one taken")
        }
        return range.lowerBound
    }

    private mutating func countWaiting() throws {
        let policy = options.release
        let (blobs, bytes, first) = try engine.state.read { view in
            var blobs: UInt64 = 0
            var bytes: UInt64 = 0
            for (_, statistics) in try view.statistics().domains {
                blobs += statistics.releasedBlobs
                bytes += statistics.releasedBytes
            }
            var first: Timestamp?
            if blobs > 0 {
                try view.forEachBlob { blob in
                    if let release = blob.released {
                        first = min(first ?? policy.dueAt(release), policy.dueAt(release))
                    }
                    return true
                }
            }
            return (blobs, bytes, first)
        }
        report.waiting = blobs
        report.waitingBytes = bytes
        report.nextDeletionAt = first
    }
}

extension Engine {
    /// Releases what is not wanted any more, deletes what was released long enough ago, and writes shards anew that hold too
    /// little. Work goes on meanwhile.
    ///
    /// - Returns: what was done. Where the counts of references and the files do not agree nothing is deleted, and the report
    ///   names where.
    /// - Throws: `AppendError`, `StateError`, `SiloError`; `IngestError` (damaged).
    public func collect(
        _ options: CollectOptions, progress: @escaping @Sendable (CollectProgress) -> Void = { _ in }
    ) async throws -> CollectReport {
        try await collecting.hold {
            try await withTaskExecutorPreference(self.options.executor) {
                var collection = Collection(self, options, progress)
                try await collection.run()
                return collection.report
            }
        }
    }

    /// Runs `body` while nobody collects: no shard goes that it looks at.
    public func withoutCollection<R>(_ body: () async throws -> R) async rethrows -> R {
        try await collecting.hold(body)
    }

    /// Takes back all releases of what is still there.
    public func undoReleases(_ options: CollectOptions) async throws -> CollectReport {
        try await collecting.hold {
            try await withTaskExecutorPreference(self.options.executor) {
                var collection = Collection(self, options) { _ in }
                try await collection.undo()
                return collection.report
            }
        }
    }
}
