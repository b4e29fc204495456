import EventLog
import Events
import Projections
import ProviderKit
import Silo
import State

/// Takes what a provider observes in one sync: puts content into the store, works out which items changed, and appends.
///
/// `@unchecked Sendable`: a provider calls it from one task at a time, as ``ObservationSink`` demands, and nobody else has it
/// until the provider is done.
final class SyncSink: ObservationSink, @unchecked Sendable {
    let engine: Engine
    let repository: RepositoryRow
    let known: StateKnownContent
    let pin: Pins.Sync
    private let progress: @Sendable (SyncProgress) -> Void
    private(set) var story: Story
    private var content = ContentBatch()
    private var items = ItemBatch()
    private var differ: ItemDiffer?
    /// What this sync has put into the store, with its size.
    private var stored: [SHA1Hash: UInt64] = [:]
    /// Of these no item has come yet.
    private var unseen: Set<SHA1Hash> = []
    /// What was put into the store ahead of its turn, and is not recorded yet.
    private var prepared: [SHA1Hash: Prepared] = [:]
    /// Events that go into the log with the next ones: a small sync costs one append for all that it found.
    private var pending: [Event] = []
    private var putter: ContentPutter
    /// When the fetch that is under way began.
    private var lastFetchAt: Timestamp
    /// What this sync brings its tenant.
    var arrival = Arrival()
    /// What this sync did so far.
    private(set) var report: SyncReport
    /// Which contents pointers stand for; recorded once those are durable.
    private var largeFiles: [Event] = []

    init(
        engine: Engine, repository: RepositoryRow, known: StateKnownContent, story: Story, pin: Pins.Sync,
        progress: @escaping @Sendable (SyncProgress) -> Void
    ) throws {
        self.engine = engine
        self.repository = repository
        self.known = known
        self.story = story
        self.pin = pin
        self.progress = progress
        putter = ContentPutter(engine, repository)
        lastFetchAt = engine.clock()
        report = SyncReport(
            repository: repository.id, locator: repository.locator, commit: .zero, tree: .zero, upToDate: false)
    }

    // MARK: - Progress

    func expect(about byteCount: UInt64) { putter.expect(byteCount) }

    var wantsTotals: Bool { engine.options.countsAhead }

    func reading(_ reading: ReadingProgress) {
        let stage: SyncProgress.Stage =
            switch reading.unit {
            case .objects: .fetching
            case .contents: .storing
            case .items: .comparing
            }
        progress(
            SyncProgress(stage: stage, blobs: report.blobsStored, items: report.files, reading: reading))
    }

    // MARK: - Fetching

    func fetched(_ fetch: FetchCompleted) async throws {
        report.mode = fetch.mode
        var fetch = fetch
        fetch.durationMicroseconds = UInt64(max(0, engine.clock().microseconds - lastFetchAt.microseconds))
        pending.append(.fetchCompleted(fetch))
        lastFetchAt = engine.clock()
    }

    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws {
        pending.append(.fetchFailed(FetchFailed(mode: mode, failure: error.failure)))
    }

    // MARK: - Content

    func needs(_ hash: SHA1Hash) async throws -> Bool {
        if stored[hash] != nil { return false }
        let isKept = try engine.keep(hash, in: repository.domain, for: pin)
        return known.isDistrusted || !isKept
    }

    func store(
        _ description: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        if let prepared = prepared.removeValue(forKey: description.hash) {
            try await record(description, MIMEType.of(path: description.path, prepared.head))
            return prepared.wasStored ? .stored : .present
        }
        if description.size > engine.options.wholeContentByteCount { try checkRoom(for: description.size) }
        // What is being deleted just now is put after that.
        await engine.pins.settled()
        guard let outcome = try putter.put(description, produce) else { return .mismatched }
        switch outcome.put {
        case .stored(let blob), .present(let blob):
            guard blob.sha1 == description.hash else { return .mismatched }
            // What the store has and the log does not know was put there just before the process was lost.
            try await record(description, outcome.mimeType)
            if case .present = outcome.put { return .present }
            return .stored
        case .conflict(let existing, let offered):
            let refused = BlobRefused(
                hash: description.hash, keptContentHash: existing.sha256, refusedContentHash: offered,
                refusedSize: description.size)
            pending.append(.blobRefused(refused))
            return .refused
        }
    }

    /// Most contents that are remembered between being put ahead and being named; further ones take their turn.
    private static let maximumPreparedCount = 1 << 18

    private struct Prepared {
        let head: MIMEType.Head
        let wasStored: Bool
    }

    func prepare(_ content: UnsafeRawBufferPointer) throws {
        guard prepared.count < Self.maximumPreparedCount else { return }
        let head = MIMEType.Head(content)
        switch try putter.putAhead(content) {
        case .stored(let blob): prepared[blob.sha1] = Prepared(head: head, wasStored: true)
        case .present(let blob):
            if prepared[blob.sha1] == nil {
                prepared[blob.sha1] = Prepared(head: head, wasStored: false)
            }
        // It is refused when its turn comes.
        case .conflict: break
        }
    }

    func isPrepared(_ hash: SHA1Hash) -> Bool { prepared[hash] != nil }

    /// A content that no item names by itself.
    func record(_ largeFile: LargeFileStored, path: [UInt8], head: MIMEType.Head) async throws {
        largeFiles.append(.largeFileStored(largeFile))
        try await record(
            ContentDescription(hash: largeFile.hash, size: largeFile.size, path: path), MIMEType.of(path: path, head))
        unseen.remove(largeFile.hash)
    }

    private func takeLargeFiles() -> [Event] {
        defer { largeFiles = [] }
        return largeFiles
    }

    private func record(_ description: ContentDescription, _ mimeType: String) async throws {
        guard stored.updateValue(description.size, forKey: description.hash) == nil else { return }
        report.blobsStored += 1
        arrival.contents += description.size
        unseen.insert(description.hash)
        content.append(description.hash, byteCount: description.size, mimeType: mimeType)
        if content.count >= engine.options.contentBatchCount
            || content.byteCount >= engine.options.contentBatchByteCount
        {
            try await flushContent()
        }
    }

    /// The contents that have gathered, durable. Not where they belong elsewhere by now: what was made private while it was read
    /// is not recorded as public.
    private func flushedContent() throws -> [Event] {
        guard try engine.state.read({ view in try view.repository(repository.id)?.domain }) == repository.domain else {
            throw ProviderError.transient(
                .moved, "who may read the source has changed while it was read: it is read again")
        }
        return try content.flush(to: engine.silo, in: repository.domain) + takeLargeFiles()
    }

    /// First the bytes are durable, then the log says so.
    private func flushContent() async throws {
        try checkRoom()
        try await engine.pins.recording {
            pending += try flushedContent()
            try await appendPending()
        }
        try await engine.append(sealed: engine.silo.drainSealed(), to: story)
        await Task.yield()
    }

    // MARK: - Items

    func unchanged(below directories: [[UInt8]]) async throws {
        precondition(known.isExact && differ == nil, "what is unchanged is said first, and of what is known exactly")
        let previous = try newestVersions(outside: directories)
        differ = ItemDiffer(previous: previous)
        report.files = repository.files
        report.logicalBytes = repository.logicalBytes
        // What comes is counted anew.
        for version in previous {
            guard case .upserted(_, _, let size) = version.content else { continue }
            report.files -= 1
            report.logicalBytes -= size
        }
    }

    func item(_ item: ObservedItem) async throws {
        // A source that is read without the network has nothing else that would notice.
        try Task.checkCancellation()
        if differ == nil { differ = ItemDiffer(previous: try newestVersions(), startsAnew: known.startsAnew) }
        let observed = ItemDiffer.Observed(path: item.path, content: try resolve(item))
        count(observed.content)
        try differ?.observe(observed) { change in try take(change) }
        if items.events.count >= engine.options.itemEventsPerAppend { try await flushItems() }
    }

    /// The source has no more items.
    ///
    /// - Returns: events that are left to be appended.
    func finish() async throws -> [Event] {
        if differ == nil { differ = ItemDiffer(previous: try newestVersions(), startsAnew: known.startsAnew) }
        try differ?.finish { change in try take(change) }
        items.close()
        try checkRoom()
        // An item is recorded after its content.
        pending += try flushedContent()
        pending += items.take()
        try await engine.append(sealed: engine.silo.drainSealed(), to: story)
        return takePending()
    }

    /// Events that are not in the log yet. Whoever takes them appends them.
    func takePending() -> [Event] {
        defer { pending = [] }
        return pending
    }

    private func flushItems() async throws {
        try checkRoom()
        // An item is recorded after its content.
        if !content.isEmpty { try await flushContent() }
        let changes = items.take()
        arrival.recorded(changes)
        pending += changes
        try await appendPending()
        await Task.yield()
    }

    private func take(_ change: ItemChange) throws {
        switch change.content {
        case .removed: report.removed += 1
        case .skipped: break
        case .upserted(let mode, let hash, let size):
            report.upserted += 1
            arrival.items += size
            // The first path of a new content brought it; every other one found it there.
            if mode != GitMode.submodule && unseen.remove(hash) == nil { report.blobsReused += 1 }
        }
        items.append(change)
    }

    private func count(_ content: ItemChange.Content) {
        switch content {
        case .upserted(_, _, let size):
            report.files += 1
            report.logicalBytes += size
        case .skipped: report.skipped += 1
        case .removed: break
        }
    }

    /// The item with its size, which the source may not know. What is named must be there.
    private func resolve(_ item: ObservedItem) throws -> ItemChange.Content {
        switch item.content {
        case .submodule(let hash): return .upserted(mode: GitMode.submodule, hash: hash, size: 0)
        case .skipped(let mode, let hash, let size, let reason):
            return .skipped(mode: mode, hash: hash, size: size, reason: reason)
        case .blob(let mode, let hash, _):
            if let size = stored[hash] ?? differ?.size(of: hash, at: item.path) {
                return .upserted(mode: mode, hash: hash, size: size)
            }
            guard let size = try known.size(of: hash), try engine.keep(hash, in: repository.domain, for: pin) else {
                throw ProviderError.transient(
                    .incomplete,
                    "the source names \(hash.hex) at \(String(decoding: item.path, as: UTF8.self)) and did not send it")
            }
            return .upserted(mode: mode, hash: hash, size: size)
        }
    }

    /// The newest version of each path, those of syncs that were cut included.
    private func newestVersions(outside directories: [[UInt8]] = []) throws -> [FileVersion] {
        var versions: [FileVersion] = []
        if directories.isEmpty { versions.reserveCapacity(Int(repository.files)) }
        try engine.state.read { view in
            for range in PathRange.outside(directories) {
                try view.forEachFile(repository.id, asOf: nil, from: range.start, includingAbsent: true) { version in
                    guard range.reaches(version.path) else { return false }
                    versions.append(version)
                    return true
                }
            }
        }
        return versions
    }

    private func appendPending() async throws {
        try await story.append(takePending(), with: engine.writer, at: engine.clock())
    }
}
