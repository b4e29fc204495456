import Events
import GitProtocol
import ProviderKit

/// One reading of a folder.
struct DirectorySession: ProviderSession {
    let source: Source

    /// How often a file that changes while it is read is begun again.
    static let maximumReadAttempts = 3

    /// A folder is read from disk: nothing crosses a wire.
    var traffic: Traffic { Traffic() }

    func head(since checkpoint: Checkpoint?) async throws -> SourceHead {
        _ = try walk()
        return SourceHead(commit: nil, changed: true)
    }

    func observe(_ head: SourceHead, known: any KnownContent, into sink: any ObservationSink) async throws
        -> Observation
    {
        var reading = Reading(session: self, sink: sink)
        return try await reading.run()
    }

    func identifiers(at head: SourceHead, _ body: (_ path: [UInt8], _ hash: SHA1Hash) throws -> Void) async throws {
        var walk = try walk()
        let reader = FileReader()
        while let entry = try walk.next() {
            switch entry {
            case .file(let path, _, _):
                if let hash = reader.hash(walk.absolute(path)) { try body(path, hash) }
            case .symlink(let path):
                if let target = FileContent.linkTarget(walk.absolute(path)) { try body(path, reader.hash(target)) }
            case .skipped:
                continue
            }
        }
    }

    fileprivate func walk() throws -> DirectoryWalk {
        try DirectoryWalk(
            root: source.locator.source,
            filter: PathFilter(include: source.configuration.include, exclude: source.configuration.exclude),
            limits: source.limits)
    }
}

/// The state of one reading: the walk, the tree that grows from it, and what was read.
private struct Reading {
    let session: DirectorySession
    let sink: any ObservationSink
    private var tree = TreeAssembler()
    private let reader = FileReader()
    private var itemCount = 0
    private var bytesRead: UInt64 = 0
    /// How much there is, where somebody wanted to know it.
    private var totals: (items: UInt64, bytes: UInt64)?

    init(session: DirectorySession, sink: any ObservationSink) {
        self.session = session
        self.sink = sink
    }

    mutating func run() async throws -> Observation {
        if sink.wantsTotals { totals = try survey() }
        var walk = try session.walk()
        while let entry = try walk.next() {
            itemCount += 1
            guard itemCount <= session.source.limits.maximumItemCount else {
                throw ProviderError.permanent(
                    .limitExceeded, "there are more than \(session.source.limits.maximumItemCount) items: exclude some")
            }
            try await sink.item(try await observe(entry, walk))
            sink.reading(
                ReadingProgress(
                    .items, done: UInt64(itemCount), of: totals?.items, bytes: bytesRead, of: totals?.bytes))
        }
        let id = SHA1Hash(tree.finish())
        try await sink.fetched(
            FetchCompleted(mode: .walk, commit: id, bytesReceived: bytesRead, objects: UInt64(itemCount)))
        return Observation(commit: id, tree: id)
    }

    /// Entries and bytes below the folder, without reading a file.
    private func survey() throws -> (items: UInt64, bytes: UInt64) {
        var totals: (items: UInt64, bytes: UInt64) = (0, 0)
        var walk = try session.walk()
        while let entry = try walk.next() {
            try Task.checkCancellation()
            totals.items += 1
            if case .file(_, _, let size) = entry { totals.bytes += size }
            guard totals.items <= session.source.limits.maximumItemCount else { break }
        }
        return totals
    }

    private mutating func observe(_ entry: DirectoryWalk.Entry, _ walk: DirectoryWalk) async throws -> ObservedItem {
        switch entry {
        case .file(let path, let isExecutable, let size):
            let mode = isExecutable ? GitMode.executable : GitMode.file
            if let limit = session.source.limits.maximumBlobByteCount, size > limit {
                return skipped(path, mode, size: size, .tooLarge)
            }
            return try await file(path, mode, walk.absolute(path))
        case .symlink(let path):
            guard let target = FileContent.linkTarget(walk.absolute(path)) else {
                return skipped(path, GitMode.symlink, .unreadable)
            }
            let content = ContentDescription(hash: reader.hash(target), size: UInt64(target.count), path: path)
            return try await whole(content, GitMode.symlink) { write in try target.withUnsafeBytes(write) }
        case .skipped(let path, let isDirectory, let reason):
            return skipped(path, isDirectory ? GitMode.tree : GitMode.file, reason)
        }
    }

    /// A file that changes while it is read is read again, a few times.
    private mutating func file(_ path: [UInt8], _ mode: UInt32, _ absolute: [CChar]) async throws -> ObservedItem {
        for _ in 0..<DirectorySession.maximumReadAttempts {
            guard let file = FileContent(absolute) else { return skipped(path, mode, .unreadable) }
            do {
                if let item = try await read(file, path, mode) { return item }
            } catch is FileUnreadable {
                return skipped(path, mode, .unreadable)
            }
        }
        return skipped(path, mode, .unstable)
    }

    /// Nil where the file changed meanwhile.
    private mutating func read(_ file: borrowing FileContent, _ path: [UInt8], _ mode: UInt32) async throws
        -> ObservedItem?
    {
        if file.size <= FileContent.wholeByteCount {
            guard let (hash, bytes) = try reader.readWhole(file) else { return nil }
            bytesRead += UInt64(bytes.count)
            let content = ContentDescription(hash: hash, size: UInt64(bytes.count), path: path, isHashed: true)
            return try await whole(content, mode) { write in try write(UnsafeRawBufferPointer(bytes)) }
        }
        guard let hash = try reader.hash(file) else { return nil }
        bytesRead += file.size
        let content = ContentDescription(hash: hash, size: file.size, path: path)
        guard try await sink.needs(hash) else { return kept(content, mode) }
        let outcome = try await sink.store(content) { write in try reader.forEachPiece(of: file, write) }
        return outcome == .mismatched ? nil : try await kept(content, mode, outcome)
    }

    private mutating func whole(
        _ content: ContentDescription, _ mode: UInt32,
        _ produce: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) async throws -> ObservedItem {
        guard try await sink.needs(content.hash) else { return kept(content, mode) }
        return try await kept(content, mode, sink.store(content, produce))
    }

    private mutating func kept(_ content: ContentDescription, _ mode: UInt32, _ outcome: StoreOutcome) async throws
        -> ObservedItem
    {
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
