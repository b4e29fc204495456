import Events
import Git
import GitProtocol
import ProviderKit

/// Stands before a sink, and fetches what the pointers stand for that pass through it.
///
/// Items wait here until the large files that some of them name are stored: an item comes after its content.
///
/// `@unchecked Sendable`: a provider calls it from one task at a time, as ``ObservationSink`` demands.
final class LargeFileSink: ObservationSink, @unchecked Sendable {
    private let sink: any ObservationSink
    private let known: any KnownContent
    private let files: LargeFileClient
    private let limits: SourceLimits
    /// Small contents that were handed over: nil where one is no pointer.
    private var seen: [SHA1Hash: LargeFilePointer?] = [:]
    private var waiting: [ObservedItem] = []
    private var pointers: [(pointer: LargeFilePointer, hash: SHA1Hash, path: [UInt8])] = []
    private var handled: Set<SHA1Hash> = []
    private var hasher = ObjectHasher()

    /// Items that wait at most.
    static let maximumWaitingCount = 4096

    init(sink: any ObservationSink, known: any KnownContent, files: LargeFileClient, limits: SourceLimits) {
        self.sink = sink
        self.known = known
        self.files = files
        self.limits = limits
    }

    func fetched(_ report: FetchCompleted) async throws { try await sink.fetched(report) }

    func fetchFailed(_ mode: FetchMode, _ error: ProviderError) async throws {
        try await sink.fetchFailed(mode, error)
    }

    func needs(_ hash: SHA1Hash) async throws -> Bool { try await sink.needs(hash) }

    func prepare(_ content: UnsafeRawBufferPointer) throws {
        if let pointer = LargeFilePointer(content) {
            seen[SHA1Hash(hasher.hash(.blob, content))] = pointer
        }
        try sink.prepare(content)
    }

    func isPrepared(_ hash: SHA1Hash) -> Bool { sink.isPrepared(hash) }

    func store(
        _ content: ContentDescription, _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        guard Self.mayBePointer(content.size), seen[content.hash] == nil else {
            return try await sink.store(content, produce)
        }
        var bytes: [UInt8] = []
        var wasProduced = false
        let outcome = try await sink.store(content) { write in
            wasProduced = true
            // It does not escape: the compiler only wants to hear that nobody calls it meanwhile.
            try withoutActuallyEscaping(write) { write in
                try produce { piece in
                    bytes.append(contentsOf: piece)
                    try write(piece)
                }
            }
        }
        // What was prepared and is no pointer is not produced again.
        seen[content.hash] = .some(wasProduced ? bytes.withUnsafeBytes { LargeFilePointer($0) } : nil)
        return outcome
    }

    func storeLargeFile(
        pointer: SHA1Hash, contentHash: SHA256Hash, size: UInt64, path: [UInt8],
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> StoreOutcome {
        try await sink.storeLargeFile(
            pointer: pointer, contentHash: contentHash, size: size, path: path, produce)
    }

    func unchanged(below directories: [[UInt8]]) async throws { try await sink.unchanged(below: directories) }

    func item(_ item: ObservedItem) async throws {
        waiting.append(item)
        if case .blob(let mode, let hash, let size) = item.content, mode != GitMode.symlink,
            !handled.contains(hash), let pointer = try pointer(hash, size)
        {
            handled.insert(hash)
            pointers.append((pointer, hash, item.path))
        }
        if pointers.count >= LargeFileClient.maximumBatchCount || waiting.count >= Self.maximumWaitingCount {
            try await flush()
        }
    }

    /// Hands over what waits.
    func flush() async throws {
        var missing = pointers[...]
        while let (pointer, hash, path) = missing.popFirst() {
            if let limit = limits.maximumBlobByteCount, pointer.size > limit {
                try await leaveOut(
                    path,
                    .permanent(.limitExceeded, "a large file of \(pointer.size) bytes is over the limit of \(limit)"))
                continue
            }
            let rest = missing.map(\.pointer)
            do {
                let outcome = try await sink.storeLargeFile(
                    pointer: hash, contentHash: pointer.contentHash, size: pointer.size, path: path
                ) { write in
                    if !files.knows(pointer) { try files.locate([pointer] + rest) }
                    try files.fetch(pointer).forEachPiece(write)
                }
                guard outcome != .mismatched else {
                    throw ProviderError.transient(.hashMismatch, "a large file is not what its pointer says")
                }
            } catch let error as ProviderError where error.errorClass == .permanent {
                // The pointer is the item; that its content cannot be had is recorded, and no reason to go without the rest.
                try await leaveOut(path, error)
            }
        }
        pointers = []
        for item in waiting { try await sink.item(item) }
        waiting = []
    }

    private func leaveOut(_ path: [UInt8], _ error: ProviderError) async throws {
        var error = error
        error.message = "\(String(decoding: path, as: UTF8.self)): \(error.message)"
        try await sink.fetchFailed(.plain, error)
    }

    private func pointer(_ hash: SHA1Hash, _ size: UInt64?) throws -> LargeFilePointer? {
        if let pointer = seen[hash] { return pointer }
        if let size, !Self.mayBePointer(size) { return nil }
        guard let size = try size ?? known.size(of: hash), Self.mayBePointer(size),
            let content = try known.content(of: hash, atMost: LargeFilePointer.maximumByteCount)
        else { return nil }
        return content.withUnsafeBytes { LargeFilePointer($0) }
    }

    private static func mayBePointer(_ size: UInt64) -> Bool {
        (UInt64(LargeFilePointer.minimumByteCount)..<UInt64(LargeFilePointer.maximumByteCount)).contains(size)
    }
}
