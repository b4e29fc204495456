import Events

/// Contents by the last name of their paths: what was moved to another directory is found by it.
struct Namesakes {
    private struct Namesake {
        var path: [UInt8]
        var hash: SHA1Hash
        var size: UInt64
    }

    private var names: [ArraySlice<UInt8>: [Namesake]] = [:]

    /// A name that more paths have says nothing about what is in them.
    private static let maximumCount = 4
    /// Nor does it say anything of a content so many times as large or as small.
    private static let maximumSizeRatio: UInt64 = 2

    /// Takes in what stands at `path`; of one path the last one counts.
    mutating func insert(_ path: [UInt8], _ hash: SHA1Hash, size: UInt64) {
        var namesakes = names[Self.name(of: path), default: []]
        let known = Namesake(path: path, hash: hash, size: size)
        if let index = namesakes.firstIndex(where: { $0.path == path }) {
            namesakes[index] = known
        } else if namesakes.count <= Self.maximumCount {
            namesakes.append(known)
        }
        names[Self.name(of: path)] = namesakes
    }

    /// Of the contents with the same name the one whose path agrees the longest, from its end on.
    func closest(to path: [UInt8], size: UInt64) -> SHA1Hash? {
        guard let namesakes = names[Self.name(of: path)], namesakes.count <= Self.maximumCount else { return nil }
        return namesakes.filter { Self.isLike($0.size, size) }.max { left, right in
            Self.commonEnd(left.path, path) < Self.commonEnd(right.path, path)
        }?.hash
    }

    private static func isLike(_ left: UInt64, _ right: UInt64) -> Bool {
        max(left, right) / maximumSizeRatio <= min(left, right)
    }

    private static func commonEnd(_ left: [UInt8], _ right: [UInt8]) -> Int {
        zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
    }

    private static func name(of path: [UInt8]) -> ArraySlice<UInt8> {
        path.suffix(from: path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex)
    }
}
