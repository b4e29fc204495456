import Events
import GitProtocol
import OpenSSL
import ProviderKit

/// Keeps everything that it is handed, and checks contents as the store does.
///
/// `@unchecked Sendable`: a provider calls it from one task at a time.
final class MemorySink: ObservationSink, @unchecked Sendable {
    private(set) var contents: [SHA1Hash: [UInt8]]
    private(set) var items: [ObservedItem] = []
    private(set) var fetches: [FetchCompleted] = []
    private(set) var steps: [(mode: FetchMode, error: ProviderError)] = []
    private(set) var largeFiles: [SHA1Hash: [UInt8]] = [:]
    private(set) var storedCount = 0

    init(_ contents: [SHA1Hash: [UInt8]] = [:]) { self.contents = contents }

    func fetched(_ report: FetchCompleted) async throws { fetches.append(report) }
    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws { steps.append((mode, error)) }
    func needs(_ hash: SHA1Hash) async throws -> Bool { contents[hash] == nil }

    func store(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        var bytes: [UInt8] = []
        try produce { bytes.append(contentsOf: $0) }
        var hasher = ObjectHasher()
        guard hasher.hash(.blob, bytes).bytes == content.hash.bytes else { return .mismatched }
        storedCount += 1
        return contents.updateValue(bytes, forKey: content.hash) == nil ? .stored : .present
    }

    func storeLargeFile(
        pointer: SHA1Hash, contentHash: SHA256Hash, size: UInt64, path: [UInt8],
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        if largeFiles[pointer] != nil { return .present }
        var bytes: [UInt8] = []
        try produce { bytes.append(contentsOf: $0) }
        guard Digest.hash(.sha256, bytes) == contentHash.bytes, bytes.count == size else { return .mismatched }
        largeFiles[pointer] = bytes
        return .stored
    }

    func item(_ item: ObservedItem) async throws { items.append(item) }

    /// What was left out, by path.
    var skipped: [String: SkipReason] {
        var skipped: [String: SkipReason] = [:]
        for item in items {
            if case .skipped(_, _, _, let reason) = item.content {
                skipped[String(decoding: item.path, as: UTF8.self)] = reason
            }
        }
        return skipped
    }
}

/// What a ``MemorySink`` took in, as what is known the next time.
struct MemoryContent: KnownContent {
    var checkpoint: Checkpoint?
    var items: [ObservedItem] = []
    var contents: [SHA1Hash: [UInt8]] = [:]

    var isEmpty: Bool { contents.isEmpty }
    var isDistrusted: Bool { false }

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
