import Events
import GitProtocol
import ProviderKit

/// Walks a commit's tree in the order of `git ls-tree -r`, with a stack of its own: trees may be nested deeper than a
/// thread's stack allows.
struct TreeWalk {
    enum Item {
        case blob(path: [UInt8], mode: FileMode, id: ObjectID)
        case submodule(path: [UInt8], id: ObjectID)
        /// Not taken. A directory's path ends in a slash.
        case skipped(path: [UInt8], mode: FileMode, id: ObjectID, reason: SkipReason)
    }

    private struct Level {
        let path: [UInt8]
        let entries: [TreeEntry]
        var next = 0
    }

    private let source: TreeSource
    private let filter: PathFilter
    private let limits: SourceLimits
    private let enters: (_ path: [UInt8], _ tree: ObjectID) -> Bool
    /// What each distinct tree expands to, where that was counted.
    let extents: [ObjectID: TreeExtent]
    private var levels: [Level] = []
    private var itemCount = 0

    /// - Throws: ``ProviderError`` (incomplete) where a tree is missing, (limitExceeded) where there are too many items or
    ///   levels.
    /// - Parameters:
    ///   - wasWalked: the same tree has been walked before; then it need not be counted first.
    ///   - enters: asked for each directory, by its path without a slash at the end; false passes over it, as if it were
    ///     not there.
    init(
        root: ObjectID, source: TreeSource, filter: PathFilter, limits: SourceLimits, wasWalked: Bool = false,
        enters: @escaping (_ path: [UInt8], _ tree: ObjectID) -> Bool = { _, _ in true }
    ) throws {
        self.source = source
        self.filter = filter
        self.limits = limits
        self.enters = enters
        var census = TreeCensus(source: source, limits: limits)
        if filter.acceptsEverything && !wasWalked { try census.check(root) }
        extents = census.extents
        levels = [Level(path: [], entries: try entries(of: root))]
    }

    /// The next item; nil after the last.
    mutating func next() throws -> Item? {
        while let top = levels.indices.last {
            // No copy of the level: that would copy its entries.
            let next = levels[top].next
            guard next < levels[top].entries.count else {
                levels.removeLast()
                continue
            }
            levels[top].next = next + 1
            if let item = try visit(levels[top].entries[next], in: levels[top].path) { return item }
        }
        return nil
    }

    private mutating func visit(_ entry: TreeEntry, in directory: [UInt8]) throws -> Item? {
        itemCount += 1
        guard itemCount <= limits.maximumItemCount, levels.count <= limits.maximumDepth else {
            throw ProviderError.permanent(
                .limitExceeded, "there are too many paths, or too deep ones: exclude some with patterns")
        }
        let path = directory + entry.name
        guard path.count < limits.maximumPathByteCount else {
            throw ProviderError.permanent(
                .limitExceeded, "a path is longer than \(limits.maximumPathByteCount) bytes: exclude what is below it")
        }
        let itemPath = entry.mode.isDirectory ? path + [UInt8(ascii: "/")] : path
        func skipped(_ reason: SkipReason) -> Item {
            .skipped(path: itemPath, mode: entry.mode, id: entry.id, reason: reason)
        }
        switch entry.unsafeName {
        case nil: break
        case .empty, .containsSlash, .containsNUL:
            throw ProviderError.permanent(
                .malformed,
                "a tree has an entry without a proper name below \(String(decoding: directory, as: UTF8.self))")
        default: return skipped(.unsafeName)
        }
        if entry.mode.isDirectory {
            guard filter.couldMatchBelow(path) else { return skipped(.excluded) }
            guard enters(path, entry.id) else { return nil }
            let children = try entries(of: entry.id)
            guard !children.isEmpty else { return skipped(.emptyDirectory) }
            levels.append(Level(path: itemPath, entries: children))
            return nil
        }
        guard filter.matches(path) else { return skipped(.excluded) }
        if entry.mode.isSubmodule { return .submodule(path: path, id: entry.id) }
        return .blob(path: path, mode: entry.mode, id: entry.id)
    }

    private func entries(of tree: ObjectID) throws -> [TreeEntry] {
        guard let entries = try source.entries(of: tree) else {
            throw ProviderError.transient(.incomplete, "the server named the tree \(tree) and did not send it")
        }
        return entries
    }
}
