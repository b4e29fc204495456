public import Events
import LMDB
public import Projections

extension StateView {
    /// The newest version of each path at or before `asOf`, in the order of the paths' bytes, until `body` says false.
    ///
    /// - Parameters:
    ///   - asOf: nil: as far as it is folded, so also what a sync under way has brought. What readers are to see is at
    ///     ``visiblePosition(_:ref:asOf:)``.
    ///   - path: begins at the first path that is not below it.
    ///   - includingAbsent: gives the versions too by which a path is gone.
    public func forEachFile(
        _ repository: RepositoryID, ref: RefID = .watched, asOf: LogPosition?, from path: [UInt8]? = nil,
        includingAbsent: Bool = false, _ body: (FileVersion) throws -> Bool
    ) throws {
        let scope = FileKey.scope(repository, ref)
        let end = asOf?.rawValue ?? .max
        var listing = FileListing(start: path, includesAbsent: includingAbsent)
        // A path that is too long for a key is found by what its key begins with.
        let start = scope + (path?.prefix(FileKey.maximumPathByteCount) ?? [])
        var isOver = false
        try transaction.forEach(tables[.files], prefix: scope, from: start) { key, row in
            if try listing.startsNewPath(key), try !listing.give(body) {
                isOver = true
                return false
            }
            if key.position <= end { listing.keep(key, row) }
            return true
        }
        if !isOver { try listing.finish(body) }
    }

    /// The newest version of `path` at or before `asOf`, also where it says that the path is gone or was skipped.
    public func file(
        _ repository: RepositoryID, ref: RefID = .watched, path: [UInt8], asOf: LogPosition?
    ) throws -> FileVersion? {
        try last(
            .files, prefix: FileKey.prefix(repository, ref, path: path, hash: hashKey), atMost: asOf,
            FileVersion.init(key:decoding:))
    }

    /// All versions of `path`, the oldest first.
    public func versions(
        _ repository: RepositoryID, ref: RefID = .watched, path: [UInt8]
    ) throws -> [FileVersion] {
        try all(
            .files, prefix: FileKey.prefix(repository, ref, path: path, hash: hashKey),
            FileVersion.init(key:decoding:))
    }
}

extension RawSpan {
    /// The position at the end of a key of `files`.
    fileprivate var position: UInt64 {
        guard byteCount >= 8 else { return 0 }
        return UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: byteCount - 8, as: UInt64.self))
    }
}

/// Gathers the newest version of each path, and puts long paths in order: their keys hold but their first bytes, so all that
/// share those stand together in the order of their hashes.
private struct FileListing {
    let start: [UInt8]?
    let includesAbsent: Bool
    private var key: [UInt8] = []
    private var row: [UInt8] = []
    private var pathKey: [UInt8] = []
    private var longPaths: [FileVersion] = []

    init(start: [UInt8]?, includesAbsent: Bool) {
        self.start = start
        self.includesAbsent = includesAbsent
    }

    /// Whether `key` is of another path than the one before it.
    mutating func startsNewPath(_ key: RawSpan) throws -> Bool {
        let path = key.extracting(0..<max(0, key.byteCount - 8))
        if path.withUnsafeBytes({ new in pathKey.withUnsafeBytes { compareKeys(new, $0) == 0 } }) { return false }
        pathKey.removeAll(keepingCapacity: true)
        path.withUnsafeBytes { pathKey.append(contentsOf: $0) }
        return true
    }

    mutating func keep(_ key: RawSpan, _ row: RawSpan) {
        self.key.removeAll(keepingCapacity: true)
        self.row.removeAll(keepingCapacity: true)
        key.withUnsafeBytes { self.key.append(contentsOf: $0) }
        row.withUnsafeBytes { self.row.append(contentsOf: $0) }
    }

    /// Gives what was kept of the path that ended.
    mutating func give(_ body: (FileVersion) throws -> Bool) throws -> Bool {
        guard !key.isEmpty else { return true }
        defer { key.removeAll(keepingCapacity: true) }
        let version = try StateView.decoded(.files, key.span.bytes, row.span.bytes, FileVersion.init(key:decoding:))
        let isLong = key.count - FileKey.scopeByteCount - FileKey.tailByteCount > FileKey.maximumPathByteCount
        if let last = longPaths.last, !isLong || !Self.shareStart(last.path, version.path) {
            guard try giveLongPaths(body) else { return false }
        }
        if isLong {
            longPaths.append(version)
            return true
        }
        return try give(version, body)
    }

    mutating func finish(_ body: (FileVersion) throws -> Bool) throws {
        if try give(body) { _ = try giveLongPaths(body) }
    }

    private mutating func giveLongPaths(_ body: (FileVersion) throws -> Bool) throws -> Bool {
        defer { longPaths.removeAll() }
        for version in longPaths.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
            guard try give(version, body) else { return false }
        }
        return true
    }

    private func give(_ version: FileVersion, _ body: (FileVersion) throws -> Bool) throws -> Bool {
        if !includesAbsent, version.content == .removed { return true }
        if let start, version.path.lexicographicallyPrecedes(start) { return true }
        return try body(version)
    }

    private static func shareStart(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.prefix(FileKey.maximumPathByteCount) == right.prefix(FileKey.maximumPathByteCount)
    }
}
