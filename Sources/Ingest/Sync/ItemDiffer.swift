import Events
import Projections
import ProviderKit

/// Works out what changed: merges what a source has now with what the state has, both in the order of their paths.
///
/// Pure: it is told everything, and asks for nothing.
struct ItemDiffer {
    /// What a source has at a path now; sizes are known.
    struct Observed {
        var path: [UInt8]
        /// Never `.removed`.
        var content: ItemChange.Content
    }

    private let previous: [FileVersion]
    private let startsAnew: Bool
    private var next = 0
    private var lastPath: [UInt8]?

    /// - Parameters:
    ///   - previous: the newest version of every path, removed ones too, in the order of their paths.
    ///   - startsAnew: what stayed the same is a change too.
    init(previous: [FileVersion], startsAnew: Bool = false) {
        self.previous = previous
        self.startsAnew = startsAnew
    }

    /// Takes the next item, and tells what changed up to it.
    ///
    /// - Throws: `ProviderError` where paths come out of order or twice.
    mutating func observe(_ item: Observed, _ change: (ItemChange) throws -> Void) throws {
        if let lastPath, !lastPath.lexicographicallyPrecedes(item.path) {
            throw ProviderError.permanent(
                .malformed,
                "the source names \(String(decoding: item.path, as: UTF8.self)) twice or out of order: it is damaged")
        }
        lastPath = item.path
        while next < previous.count, previous[next].path.lexicographicallyPrecedes(item.path) {
            try remove(change)
        }
        guard next < previous.count, previous[next].path == item.path else {
            return try change(ItemChange(path: item.path, content: item.content, replaces: nil))
        }
        let before = previous[next]
        next += 1
        if startsAnew || before.content != item.content {
            try change(ItemChange(path: item.path, content: item.content, replaces: before.version))
        }
    }

    /// There are no more items: what is left of before is gone.
    mutating func finish(_ change: (ItemChange) throws -> Void) rethrows {
        while next < previous.count { try remove(change) }
    }

    /// What the state has at a path that the source has come to, if it has that content; saves asking for its size.
    func size(of hash: SHA1Hash, at path: [UInt8]) -> UInt64? {
        var index = next
        while index < previous.count, previous[index].path.lexicographicallyPrecedes(path) { index += 1 }
        guard index < previous.count, previous[index].path == path,
            case .upserted(_, hash, let size) = previous[index].content
        else { return nil }
        return size
    }

    private mutating func remove(_ change: (ItemChange) throws -> Void) rethrows {
        let before = previous[next]
        next += 1
        guard before.content != .removed else { return }
        try change(ItemChange(path: before.path, content: .removed, replaces: before.version))
    }
}
