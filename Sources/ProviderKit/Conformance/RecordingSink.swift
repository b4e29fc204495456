import Events

/// The simplest sink there can be: keeps everything in memory, and holds the provider to the rules as it goes.
///
/// `@unchecked Sendable`: a provider calls it from one task at a time, as ``ObservationSink`` demands.
final class RecordingSink: ObservationSink, @unchecked Sendable {
    private let hash: (([UInt8]) -> SHA1Hash)
    /// All that was ever stored.
    private(set) var contents: [SHA1Hash: [UInt8]]
    private(set) var items: [ObservedItem] = []
    private(set) var storedCount = 0
    /// What there was before, and what of it was said to be as it was.
    private let previous: [ObservedItem]
    private var kept: [ObservedItem] = []
    /// Fails at this many contents, as a full disk would.
    private let failAfter: Int?

    init(
        contents: [SHA1Hash: [UInt8]], previous: [ObservedItem] = [], failAfter: Int? = nil,
        hash: @escaping ([UInt8]) -> SHA1Hash
    ) {
        self.contents = contents
        self.previous = previous
        self.failAfter = failAfter
        self.hash = hash
    }

    struct Interrupted: Error {}

    func fetched(_ report: FetchCompleted) async throws {}

    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws {}

    func needs(_ hash: SHA1Hash) async throws -> Bool { contents[hash] == nil }

    func store(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        if let failAfter, storedCount >= failAfter { throw Interrupted() }
        var bytes: [UInt8] = []
        try produce { bytes.append(contentsOf: $0) }
        guard hash(bytes) == content.hash, UInt64(bytes.count) == content.size else { return .mismatched }
        storedCount += 1
        return contents.updateValue(bytes, forKey: content.hash) == nil ? .stored : .present
    }

    /// Takes the items below the directories from before, in their places.
    func unchanged(below directories: [[UInt8]]) async throws {
        try require(items.isEmpty && kept.isEmpty, "directories are said to be unchanged after the first item")
        for directory in directories {
            let below = previous.filter { $0.path.starts(with: directory + [UInt8(ascii: "/")]) }
            try require(!below.isEmpty, "\(text(directory)) is said to be as it was, and was not there")
            if let last = kept.last, let first = below.first {
                try require(
                    last.path.lexicographicallyPrecedes(first.path), "unchanged directories come out of order or twice")
            }
            kept += below
        }
    }

    /// The items that came, and those that were said to be as they were.
    var allItems: [ObservedItem] { (items + kept).sorted { $0.path.lexicographicallyPrecedes($1.path) } }

    func item(_ item: ObservedItem) async throws {
        if let last = items.last {
            try require(
                last.path.lexicographicallyPrecedes(item.path),
                "items come out of order or twice: \(text(last.path)) before \(text(item.path))")
        }
        if case .blob(_, let hash, let size) = item.content {
            guard let content = contents[hash] else {
                throw ConformanceFailure("\(text(item.path)) is an item before its content was handed over")
            }
            try require(
                size == nil || size == UInt64(content.count), "the size of \(text(item.path)) is not its content's")
        }
        items.append(item)
    }

    private func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}

/// What a ``RecordingSink`` took in, as what is known the next time.
struct RecordedContent: KnownContent {
    var checkpoint: Checkpoint?
    var items: [ObservedItem] = []
    var contents: [SHA1Hash: [UInt8]] = [:]

    var isEmpty: Bool { contents.isEmpty }
    var isDistrusted: Bool { false }

    var isExact: Bool { true }

    func forEachItem(from path: [UInt8], _ body: (ObservedItem) throws -> Bool) throws {
        for item in items where !item.path.lexicographicallyPrecedes(path) {
            guard try body(item) else { return }
        }
    }

    func size(of hash: SHA1Hash) throws -> UInt64? { contents[hash].map { UInt64($0.count) } }

    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]? {
        contents[hash].flatMap { $0.count <= limit ? $0 : nil }
    }
}
