/// What a commit says of its tree and its origin.
public struct Commit: Sendable {
    /// The tree of the whole project.
    public let tree: ObjectID
    /// The commits before it; none for a root.
    public let parents: [ObjectID]
    /// Name, address, time and zone as they stand in the commit; any encoding.
    public let author: [UInt8]
    /// As `author`, of who made the commit.
    public let committer: [UInt8]
    /// The message, everything behind the first empty line.
    public let message: [UInt8]

    /// Reads a commit. Headers that it does not need (`encoding`, `gpgsig`, unknown ones) may stand there.
    ///
    /// - Throws: `malformedCommit`.
    public init(parsing content: [UInt8]) throws(GitFormatError) {
        var lines = HeaderLines(content)
        guard let treeLine = lines.next(), let tree = Self.id(in: treeLine, after: "tree ") else {
            throw GitFormatError(.malformedCommit, "a commit must begin with its tree")
        }
        var parents: [ObjectID] = []
        var author: ArraySlice<UInt8>?
        var committer: ArraySlice<UInt8>?
        while let line = lines.next() {
            if author == nil, line.starts(with: "parent ".utf8) {
                guard let parent = Self.id(in: line, after: "parent ") else {
                    throw GitFormatError(.malformedCommit, "a commit's parent is not an id")
                }
                parents.append(parent)
            } else if author == nil, line.starts(with: "author ".utf8) {
                author = line.dropFirst(7)
            } else if committer == nil, line.starts(with: "committer ".utf8) {
                committer = line.dropFirst(10)
            }
        }
        guard let author, let committer else {
            throw GitFormatError(.malformedCommit, "a commit must name its author and committer")
        }
        self.tree = tree
        self.parents = parents
        self.author = Array(author)
        self.committer = Array(committer)
        message = Array(lines.rest)
    }

    /// When it was committed, in seconds since 1970 UTC; nil where the committer line has no readable time.
    public var committedAtSeconds: Int64? {
        // NAME <ADDRESS> SECONDS ZONE: from the right, because a name may hold anything.
        let fields = committer.split(separator: UInt8(ascii: " "))
        guard fields.count >= 3 else { return nil }
        return Int64(String(decoding: fields[fields.count - 2], as: UTF8.self))
    }

    private static func id(in line: ArraySlice<UInt8>, after prefix: StaticString) -> ObjectID? {
        let length = prefix.utf8CodeUnitCount
        guard line.prefix(length).elementsEqual(String(describing: prefix).utf8) else { return nil }
        return ObjectID(hex: line.dropFirst(length))
    }
}

/// The lines up to the first empty one, and what stands behind it.
private struct HeaderLines {
    private(set) var rest: ArraySlice<UInt8>
    private var isOver = false

    init(_ content: [UInt8]) {
        rest = content[...]
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard !isOver, !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        let line = rest[..<end]
        rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
        if line.isEmpty {
            isOver = true
            return nil
        }
        return line
    }
}
