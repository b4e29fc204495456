import GitProtocol
import ProviderKit

/// Counts what a tree would expand to, each distinct tree once, so that one which names itself over and over
/// (ten levels of ten make 10^10 paths) is refused before it is expanded.
struct TreeCensus {
    let source: TreeSource
    let limits: SourceLimits
    private(set) var extents: [ObjectID: TreeExtent] = [:]

    init(source: TreeSource, limits: SourceLimits) {
        self.source = source
        self.limits = limits
    }

    mutating func check(_ root: ObjectID) throws {
        var stack: [(tree: ObjectID, children: [ObjectID], items: Int)] = [try open(root)]
        while let top = stack.last {
            if let child = top.children.last(where: { extents[$0] == nil }) {
                if let known = source.extent(of: child) {
                    extents[child] = known
                    continue
                }
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
                guard let below = extents[child] else { continue }
                items = items.addingReportingOverflow(below.items).overflow ? Int.max : items + below.items
                depth = max(depth, below.depth + 1)
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
            extents[top.tree] = TreeExtent(items: items, depth: depth)
        }
    }

    /// A tree with its subtrees, as far as they are at hand: what is missing shows when it is walked.
    private func open(_ tree: ObjectID) throws -> (tree: ObjectID, children: [ObjectID], items: Int) {
        let entries = try source.entries(of: tree) ?? []
        let children = entries.filter(\.mode.isDirectory).map(\.id)
        return (tree, children, entries.count - children.count)
    }
}
