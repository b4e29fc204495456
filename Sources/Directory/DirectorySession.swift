import Events
import GitProtocol
import ProviderKit

/// One reading of a folder.
struct DirectorySession: ProviderSession {
    let source: Source

    /// A folder is read from disk: nothing crosses a wire.
    var traffic: Traffic { Traffic() }

    func head(since checkpoint: Checkpoint?) async throws -> SourceHead {
        _ = try walk()
        return SourceHead(commit: nil, changed: true)
    }

    func observe(_ head: SourceHead, known: any KnownContent, into sink: any ObservationSink) async throws
        -> Observation
    {
        let totals = sink.wantsTotals ? try survey() : nil
        var intake = FolderIntake(sink, limits: source.limits, totals: totals)
        try await read(expecting: sink.expect(about:)) { batch in try await intake.take(batch) }
        return try await intake.finish()
    }

    func identifiers(at head: SourceHead, _ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void) async throws {
        let reader = LargeFileReader()
        try await read { batch in
            for entry in batch.entries {
                switch entry.content {
                case .whole(_, let hash, _): try body(entry.path, hash)
                case .large(let large):
                    guard let file = FileContent(large.name, in: large.directory), let hash = try reader.hash(file)
                    else { continue }
                    try body(entry.path, hash)
                case .skipped: continue
                }
            }
        }
    }

    /// How many batches are read before the first is taken in: whether a folder is small is known then.
    private static let firstBatchCount = 8

    /// Reads everything, one batch ahead of what `body` takes in, and some at the beginning.
    ///
    /// - Parameter expecting: is told how many bytes there are at least.
    private func read(
        expecting: (UInt64) -> Void = { _ in }, _ body: (ReadBatch) async throws -> Void
    ) async throws {
        let reader = FolderReader(try walk(), limits: source.limits)
        var first = [ReadBatch()]
        try await reader.fill(first[0])
        while first.count < Self.firstBatchCount, first.last?.entries.isEmpty == false {
            first.append(ReadBatch())
            try await reader.fill(first[first.count - 1])
        }
        expecting(first.reduce(0) { $0 + UInt64($1.byteCount) })
        let last = first.removeLast()
        for batch in first { try await body(batch) }
        var (current, spare) = (last, first.popLast() ?? ReadBatch())
        first = []
        while !current.entries.isEmpty {
            let next = spare
            async let filled: Void = reader.fill(next)
            try await body(current)
            try await filled
            (current, spare) = (next, current)
        }
    }

    /// Entries and bytes below the folder, without reading a file.
    private func survey() throws -> (items: UInt64, bytes: UInt64) {
        var totals: (items: UInt64, bytes: UInt64) = (0, 0)
        var walk = try walk()
        while let entry = try walk.next() {
            try Task.checkCancellation()
            totals.items += 1
            if case .file(_, let name) = entry {
                totals.bytes += walk.directory()?.byteCount(of: name) ?? 0
            }
            guard totals.items <= source.limits.maximumItemCount else { break }
        }
        return totals
    }

    private func walk() throws -> DirectoryWalk {
        try DirectoryWalk(
            root: source.locator.source,
            filter: PathFilter(include: source.configuration.include, exclude: source.configuration.exclude),
            limits: source.limits)
    }
}
