import Events
import GitProtocol
import ProviderKit

/// Hands what was read to the sink, and grows the tree that stands for the folder.
struct FolderIntake {
    private let sink: any ObservationSink
    private let limits: SourceLimits
    /// How much there is, where somebody wanted to know it.
    private let totals: (items: UInt64, bytes: UInt64)?
    private let reader = LargeFileReader()
    private var tree = TreeAssembler()
    private var itemCount = 0
    private var bytesRead: UInt64 = 0

    init(_ sink: any ObservationSink, limits: SourceLimits, totals: (items: UInt64, bytes: UInt64)?) {
        self.sink = sink
        self.limits = limits
        self.totals = totals
    }

    mutating func take(_ batch: ReadBatch) async throws {
        for entry in batch.entries {
            itemCount += 1
            guard itemCount <= limits.maximumItemCount else {
                throw ProviderError.permanent(
                    .limitExceeded, "there are more than \(limits.maximumItemCount) items: exclude some")
            }
            try await sink.item(try await item(entry, batch))
            sink.reading(
                ReadingProgress(
                    .items, done: UInt64(itemCount), of: totals?.items, bytes: bytesRead, of: totals?.bytes))
        }
    }

    /// There is no more.
    mutating func finish() async throws -> Observation {
        let id = SHA1Hash(tree.finish())
        try await sink.fetched(
            FetchCompleted(mode: .walk, commit: id, bytesReceived: bytesRead, objects: UInt64(itemCount)))
        return Observation(commit: id, tree: id)
    }

    private mutating func item(_ entry: ReadBatch.Entry, _ batch: ReadBatch) async throws -> ObservedItem {
        switch entry.content {
        case .whole(let mode, let hash, let range):
            if mode != GitMode.symlink { bytesRead += UInt64(range.count) }
            let content = ContentDescription(
                hash: hash, size: UInt64(range.count), path: entry.path, isHashed: true)
            guard try await sink.needs(hash) else { return kept(content, mode) }
            return try await kept(content, mode, sink.store(content) { write in try write(batch.bytes(range)) })
        case .large(let file): return try await large(file, entry.path)
        case .skipped(let mode, let size, let reason): return skipped(entry.path, mode, size: size, reason)
        }
    }

    /// A file that changes while it is read is read again, a few times.
    private mutating func large(_ large: LargeFile, _ path: [UInt8]) async throws -> ObservedItem {
        for _ in 0..<FolderReader.maximumReadAttempts {
            guard let file = FileContent(large.name, in: large.directory) else {
                return skipped(path, large.mode, .unreadable)
            }
            do {
                if let item = try await store(file, path, large.mode) { return item }
            } catch is FileUnreadable {
                return skipped(path, large.mode, .unreadable)
            }
        }
        return skipped(path, large.mode, .unstable)
    }

    /// Nil where the file changed meanwhile.
    private mutating func store(_ file: borrowing FileContent, _ path: [UInt8], _ mode: UInt32) async throws
        -> ObservedItem?
    {
        guard let hash = try reader.hash(file) else { return nil }
        bytesRead += file.size
        let content = ContentDescription(hash: hash, size: file.size, path: path)
        guard try await sink.needs(hash) else { return kept(content, mode) }
        let outcome = try await sink.store(content) { write in try reader.forEachPiece(of: file, write) }
        return outcome == .mismatched ? nil : kept(content, mode, outcome)
    }

    private mutating func kept(_ content: ContentDescription, _ mode: UInt32, _ outcome: StoreOutcome) -> ObservedItem {
        guard outcome == .refused else { return kept(content, mode) }
        tree.add(content.path, mode: FileMode(rawValue: mode), id: ObjectID(content.hash))
        return ObservedItem(
            path: content.path,
            content: .skipped(mode: mode, hash: content.hash, size: content.size, reason: .hashCollision))
    }

    private mutating func kept(_ content: ContentDescription, _ mode: UInt32) -> ObservedItem {
        tree.add(content.path, mode: FileMode(rawValue: mode), id: ObjectID(content.hash))
        return ObservedItem(path: content.path, content: .blob(mode: mode, hash: content.hash, size: content.size))
    }

    /// What was not read has no hash, and is no part of the tree.
    private func skipped(_ path: [UInt8], _ mode: UInt32, size: UInt64 = 0, _ reason: SkipReason) -> ObservedItem {
        ObservedItem(path: path, content: .skipped(mode: mode, hash: .zero, size: size, reason: reason))
    }
}
