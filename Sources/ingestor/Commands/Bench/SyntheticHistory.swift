import Events

/// A history that a seed makes: repositories that are polled and synced in turn, some often and most of the time unchanged. The
/// same events for the same seed, on every machine.
///
/// | event | of a sync | |
/// |---|---|---|
/// | SyncRequested, SyncStarted, PollCompleted | 1 each | three of five polls find nothing new |
/// | SyncCompleted | 1 | |
/// | FetchCompleted | 1 | where something changed |
/// | BlobsStored, ItemsChanged | 1 for up to 1,024 | 20 to 2,000 files in a first sync, then 1 to 128, the fewer the likelier; one in 24 is removed |
struct SyntheticHistory {
    private var random: Numbers
    private var repositories: [Repository] = []
    private let repositoryCount: Int
    private var waiting: [EventDraft] = []
    private(set) var count: UInt64 = 0
    private(set) var items: UInt64 = 0
    private(set) var time = Timestamp(seconds: 1_767_225_600)
    /// How often each kind came.
    private(set) var mix: [EventKind: UInt64] = [:]

    private struct Repository {
        var id: LogPosition
        var files: [File] = []
        var commit: SHA1Hash?
        var logicalBytes: UInt64 = 0
    }

    private struct File {
        let number: UInt32
        var size: UInt32
        var hash: SHA1Hash
        var version: ItemVersion
    }

    private static let tenant = TenantID(1)
    private static let branch = Array("main".utf8)

    init(seed: UInt64, repositories: Int) {
        random = Numbers(state: seed)
        repositoryCount = repositories
    }

    /// The next events. All of one step are in one batch, so that references within it are of known positions.
    mutating func step() -> (drafts: [EventDraft], time: Timestamp) {
        waiting = []
        time = Timestamp(microseconds: time.microseconds + Int64(random.below(2_000_000)))
        if count == 0 {
            add(.tenantAdded(TenantAdded(id: Self.tenant, name: "default")), repository: nil, story: nil)
        } else if repositories.count < repositoryCount {
            addRepository()
        } else {
            sync(random.below(repositories.count))
        }
        return (waiting, time)
    }

    private mutating func addRepository() {
        let position = LogPosition(count)
        let locator = Locator(
            provider: "git", source: Array("https://git.example.org/synthetic/project-\(repositories.count).git".utf8))
        add(
            .repositoryAdded(RepositoryAdded(locator: locator, configuration: RepositoryConfiguration())),
            repository: nil, story: nil)
        repositories.append(Repository(id: position))
    }

    private mutating func sync(_ index: Int) {
        let repository = repositories[index].id
        let job = LogPosition(count)
        let old = repositories[index].commit
        add(.syncRequested(SyncRequested(reason: .schedule)), repository: repository, story: nil)
        add(.syncStarted(SyncStarted(attempt: 1, fromCommit: old)), repository: repository, story: job)
        let isUnchanged = old != nil && random.below(5) < 3
        let commit = isUnchanged ? old ?? .zero : hash()
        add(
            .pollCompleted(
                PollCompleted(
                    changed: !isUnchanged, head: commit, ref: Array("refs/heads/main".utf8), requests: 1,
                    bytesReceived: 400, isScheduled: true)), repository: repository, story: job)
        var completed = SyncCompleted(commit: commit, tree: hash(), upToDate: isUnchanged, branch: Self.branch)
        if !isUnchanged { change(index, commit, job, &completed) }
        repositories[index].commit = commit
        completed.files = UInt64(repositories[index].files.count)
        completed.logicalBytes = repositories[index].logicalBytes
        add(.syncCompleted(completed), repository: repository, story: job)
    }

    private mutating func change(
        _ index: Int, _ commit: SHA1Hash, _ job: LogPosition, _ completed: inout SyncCompleted
    ) {
        var repository = repositories[index]
        let isFirst = repository.commit == nil
        let wanted = isFirst ? 20 + random.skewed(1980) : 1 + random.skewed(127)
        var numbers: Set<UInt32> = []
        while numbers.count < wanted {
            let known = !isFirst && !repository.files.isEmpty && random.below(8) > 0
            numbers.insert(
                known
                    ? repository.files[random.below(repository.files.count)].number
                    : UInt32(random.below(isFirst ? 4000 : 100_000)))
            // Of few files only so many can be chosen.
            if known, numbers.count >= repository.files.count { break }
        }
        let places = Dictionary(
            repository.files.enumerated().map { ($0.element.number, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        var gone: [Int] = []
        var blobs: [StoredBlob] = []
        var items: [ItemChange] = []
        let paths = numbers.map { (path: Self.path($0), number: $0) }.sorted {
            $0.path.lexicographicallyPrecedes($1.path)
        }
        add(
            .fetchCompleted(
                FetchCompleted(
                    mode: isFirst ? .plain : .incremental, commit: commit, requests: 1,
                    bytesReceived: UInt64(wanted) * 3000, objects: UInt64(wanted) * 2)), repository: repository.id,
            story: job)
        // The contents come first, so the items are in the event after them.
        let position = LogPosition(
            count + UInt64((paths.count + ItemsChanged.maximumCount - 1) / ItemsChanged.maximumCount))
        for (offset, (path, number)) in paths.enumerated() {
            let place = places[number]
            let replaces = place.map { repository.files[$0].version }
            if let place, random.below(24) == 0 {
                gone.append(place)
                repository.logicalBytes -= UInt64(repository.files[place].size)
                items.append(ItemChange(path: path, content: .removed, replaces: replaces))
                continue
            }
            let size = UInt32(100 + random.skewed(60_000))
            let content = hash()
            let version = ItemVersion(
                position: position + offset / ItemsChanged.maximumCount,
                index: UInt32(offset % ItemsChanged.maximumCount))
            let file = File(number: number, size: size, hash: content, version: version)
            repository.logicalBytes += UInt64(size)
            if let place {
                repository.logicalBytes -= UInt64(repository.files[place].size)
                repository.files[place] = file
            } else {
                repository.files.append(file)
            }
            blobs.append(
                StoredBlob(
                    hash: content, contentHash: contentHash(), size: UInt64(size), mimeType: "text/plain",
                    shard: ShardID(rawValue: 1 + count / 100_000)))
            items.append(
                ItemChange(
                    path: path, content: .upserted(mode: GitMode.file, hash: content, size: UInt64(size)),
                    replaces: replaces))
        }
        for place in gone.sorted(by: >) { repository.files.swapRemove(place) }
        completed.upserted = UInt64(blobs.count)
        completed.removed = UInt64(gone.count)
        completed.blobsStored = UInt64(blobs.count)
        let parts = (paths.count + ItemsChanged.maximumCount - 1) / ItemsChanged.maximumCount
        for part in 0..<parts {
            let start = min(part * BlobsStored.maximumCount, blobs.count)
            let end = min(start + BlobsStored.maximumCount, blobs.count)
            add(.blobsStored(BlobsStored(blobs: Array(blobs[start..<end]))), repository: repository.id, story: job)
        }
        for part in 0..<parts {
            let range = part * ItemsChanged.maximumCount..<min((part + 1) * ItemsChanged.maximumCount, items.count)
            add(.itemsChanged(ItemsChanged(items: Array(items[range]))), repository: repository.id, story: job)
        }
        repositories[index] = repository
    }

    private mutating func add(_ event: Event, repository: LogPosition?, story: LogPosition?) {
        waiting.append(
            EventDraft(
                event, tenant: Self.tenant,
                repository: repository.map { Reference.position($0) } ?? .itselfIfRepository(event),
                correlation: story.map { .position($0) } ?? .itself,
                causation: story == nil ? .none : .position(LogPosition(count - 1))))
        count += 1
        mix[event.kind, default: 0] += 1
        items += UInt64(event.itemCount)
    }

    private static func path(_ number: UInt32) -> [UInt8] {
        Array("Sources/Module\(number % 17)/Part\(number / 17 % 29)/File\(number).swift".utf8)
    }

    private mutating func hash() -> SHA1Hash {
        withUnsafeBytes(of: (random.next(), random.next(), random.next())) {
            SHA1Hash(UnsafeRawBufferPointer(rebasing: $0[..<SHA1Hash.byteCount]))
        }
    }

    private mutating func contentHash() -> SHA256Hash {
        withUnsafeBytes(of: (random.next(), random.next(), random.next(), random.next())) { SHA256Hash($0) }
    }
}

extension Reference {
    /// An event that adds a repository is its repository.
    fileprivate static func itselfIfRepository(_ event: Event) -> Reference {
        if case .repositoryAdded = event { .itself } else { .none }
    }
}

extension Array {
    /// Removes an element in constant time; the last one takes its place.
    fileprivate mutating func swapRemove(_ index: Int) {
        swapAt(index, count - 1)
        removeLast()
    }
}

/// SplitMix64.
private struct Numbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Up to `bound`, the smaller the likelier.
    mutating func skewed(_ bound: Int) -> Int { below(below(bound) + 1) }
}
