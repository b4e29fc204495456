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
    /// Fails at this many contents, as a full disk would.
    private let failAfter: Int?

    init(contents: [SHA1Hash: [UInt8]], failAfter: Int? = nil, hash: @escaping ([UInt8]) -> SHA1Hash) {
        self.contents = contents
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

    func forEachItem(_ body: (ObservedItem) throws -> Void) throws { try items.forEach(body) }

    func size(of hash: SHA1Hash) throws -> UInt64? { contents[hash].map { UInt64($0.count) } }

    func content(of hash: SHA1Hash, atMost limit: Int) throws -> [UInt8]? {
        contents[hash].flatMap { $0.count <= limit ? $0 : nil }
    }
}
