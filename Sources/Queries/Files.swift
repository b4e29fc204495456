public import Events
public import Projections
import State

/// One path of a repository at a moment.
public struct FileEntry: Sendable, Equatable {
    public var path: [UInt8]
    public var mode: UInt32
    /// The content's id; a submodule's commit.
    public var hash: SHA1Hash
    /// Bytes; nil for a submodule.
    public var size: UInt64?
    public var mimeType: String?
    /// Why the content was not taken.
    public var skipReason: SkipReason?
    public var version: ItemVersion
    /// The event by which this version is not kept any more: its content may be gone.
    public var released: LogPosition?

    public var isSubmodule: Bool { mode == GitMode.submodule }
    public var isSymlink: Bool { mode == GitMode.symlink }
    public var isExecutable: Bool { mode == GitMode.executable }
    /// Whether there are bytes of it.
    public var hasContent: Bool { skipReason == nil && !isSubmodule }
}

extension Queries {
    /// Files are read in pages of so many, so that no snapshot stays open while somebody is slow to read the answer.
    public static let filesPerPage = 8192

    /// Calls `body` with every file, in the order of the paths' bytes.
    ///
    /// Given are the files that were taken, and those that were not though the source has them (too large, an unsafe name), with
    /// the reason. What patterns leave out is not given.
    public func forEachFile(_ repository: RepositoryView, _ body: (FileEntry) throws -> Void) throws {
        var next: [UInt8]?
        repeat {
            let page = try files(repository, from: next)
            next = page.next
            for entry in page.entries { try body(entry) }
        } while next != nil
    }

    /// Some of the files, in the order of the paths' bytes.
    ///
    /// - Parameters:
    ///   - start: the path with which to begin.
    ///   - limit: how many at most.
    /// - Returns: them, and the path with which to go on; nil: those were the last.
    public func files(
        _ repository: RepositoryView, from start: [UInt8]? = nil, limit: Int = Queries.filesPerPage
    ) throws -> (entries: [FileEntry], next: [UInt8]?) {
        var page: [FileEntry] = []
        var next: [UInt8]?
        try state.read { view in
            try view.forEachFile(repository.repository.id, asOf: repository.position, from: start) { version in
                guard page.count < limit else {
                    next = version.path
                    return false
                }
                if let entry = try entry(version, in: repository.repository, view) { page.append(entry) }
                return true
            }
        }
        return (page, next)
    }

    /// Whatever is at a path: a file, or why there is none.
    ///
    /// - Throws: `QueryError` (unknownFile, noContent) that says when it was removed or why it was left out.
    public func file(_ path: [UInt8], in repository: RepositoryView) throws -> FileEntry {
        let name = "\(repository.repository.locator):\(String(decoding: path, as: UTF8.self))"
        let (version, found) = try state.read { view -> (FileVersion?, FileEntry?) in
            let version = try view.file(repository.repository.id, path: path, asOf: repository.position)
            return (version, try version.flatMap { try entry($0, in: repository.repository, view) })
        }
        if let found { return found }
        switch version?.content {
        case .removed:
            throw QueryError(.unknownFile, "\(name) was removed: `ingestor explain \(name)` shows when and why")
        case .skipped(let mode, _, _, let reason):
            let what = mode == GitMode.tree ? "is a directory that was left out" : "was left out"
            throw QueryError(.noContent, "\(name) \(what) (\(reason.name)): `ingestor explain \(name)` says more")
        default:
            throw QueryError(
                .unknownFile, "there is no file \(name): `ingestor files \(repository.repository.locator)` lists them")
        }
    }

    private func entry(
        _ version: FileVersion, in repository: RepositoryRow, _ view: borrowing StateView
    ) throws -> FileEntry? {
        switch version.content {
        case .removed: return nil
        case .upserted(let mode, let hash, let size):
            guard mode != GitMode.submodule else {
                return FileEntry(
                    path: version.path, mode: mode, hash: hash, version: version.version, released: version.released)
            }
            var type: String?
            for domain in [repository.domain] + domains where type == nil {
                type = try view.blob(hash, in: domain)?.stored?.mimeType
            }
            return FileEntry(
                path: version.path, mode: mode, hash: hash, size: size, mimeType: type, version: version.version,
                released: version.released)
        case .skipped(let mode, let hash, let size, let reason):
            // A listing equals the source's, unless somebody asked for less. What stands for a whole directory, and what has
            // no place in the source's tree, has no line in it.
            guard reason != .excluded, mode != GitMode.tree, hash.bytes.contains(where: { $0 != 0 }) else { return nil }
            return FileEntry(
                path: version.path, mode: mode, hash: hash, size: mode == GitMode.submodule ? nil : size,
                skipReason: reason, version: version.version, released: version.released)
        }
    }

    /// All versions of a path, the oldest first.
    public func versions(of path: [UInt8], in repository: RepositoryRow) throws -> [FileVersion] {
        try state.read { view in try view.versions(repository.id, path: path) }
    }
}
