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
    private let passesOver: (ObjectID) -> Bool
    private var levels: [Level] = []
    private var itemCount = 0

    /// - Throws: ``ProviderError`` (incomplete) where a tree is missing, (limitExceeded) where there are too many items or
    ///   levels.
    /// - Parameters:
    ///   - wasWalked: the same tree has been walked before; then it need not be counted first.
    ///   - passesOver: whether a directory is left out, as if it were empty.
    init(
        root: ObjectID, source: TreeSource, filter: PathFilter, limits: SourceLimits, wasWalked: Bool = false,
        passesOver: @escaping (ObjectID) -> Bool = { _ in false }
    ) throws {
        self.source = source
        self.filter = filter
        self.limits = limits
        self.passesOver = passesOver
        if filter.acceptsEverything && !wasWalked {
            var census = TreeCensus(source: source, limits: limits)
            try census.check(root)
        }
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
            if passesOver(entry.id) { return nil }
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

/// Counts what a tree would expand to, each distinct tree once, so that one which names itself over and over
/// (ten levels of ten make 10^10 paths) is refused before it is expanded.
private struct TreeCensus {
    let source: TreeSource
    let limits: SourceLimits
    private var counts: [ObjectID: (items: Int, depth: Int)] = [:]

    init(source: TreeSource, limits: SourceLimits) {
        self.source = source
        self.limits = limits
    }

    mutating func check(_ root: ObjectID) throws {
        var stack: [(tree: ObjectID, children: [ObjectID], items: Int)] = [try open(root)]
        while let top = stack.last {
            if let child = top.children.last(where: { counts[$0] == nil }) {
                guard stack.count < limits.maximumDepth else {
                    throw ProviderError.permanent(
                        .limitExceeded, "directories are nested deeper than \(limits.maximumDepth) levels")
                }
                stack.append(try open(child))
                continue
            }
            stack.removeLast()
            var items = top.items
            var depth = 1
            for child in top.children {
                let count = counts[child] ?? (0, 0)
                items = items.addingReportingOverflow(count.items).overflow ? Int.max : items + count.items
                depth = max(depth, count.depth + 1)
            }
            guard items <= limits.maximumItemCount else {
                throw ProviderError.permanent(
                    .limitExceeded,
                    "the tree \(top.tree) expands to more than \(limits.maximumItemCount) paths: exclude what is below it"
                )
            }
            guard depth <= limits.maximumDepth else {
                throw ProviderError.permanent(
                    .limitExceeded, "directories are nested deeper than \(limits.maximumDepth) levels")
            }
            counts[top.tree] = (items, depth)
        }
    }

    /// A tree with its subtrees, as far as they are at hand: what is missing shows when it is walked.
    private func open(_ tree: ObjectID) throws -> (tree: ObjectID, children: [ObjectID], items: Int) {
        let entries = try source.entries(of: tree) ?? []
        let children = entries.filter(\.mode.isDirectory).map(\.id)
        return (tree, children, entries.count - children.count)
    }
}
