/// Which paths are wanted, by two lists of patterns with the meaning of `.gitignore`:
///
/// - A pattern without a slash (other than a last one) matches the name of a file or directory at any depth; one with
///   a slash, a leading one too, matches from the top.
/// - A trailing slash makes it match directories only.
/// - A pattern that matches a directory covers everything below it.
/// - Excluding wins over including. An empty include list takes everything.
/// - `!` and `#` have no special meaning at the start; `\` makes the next byte literal.
///
/// Paths have no leading slash.
public struct PathFilter: Sendable {
    private struct Pattern: Sendable {
        let match: Wildmatch
        let isAnchored: Bool
        let isDirectoryOnly: Bool
    }

    private let include: [Pattern]
    private let exclude: [Pattern]

    /// - Throws: `malformedPattern`: empty, nothing but slashes, or such that it can never match.
    public init(include: [[UInt8]], exclude: [[UInt8]], ignoresCase: Bool = false) throws(GitFormatError) {
        self.include = try Self.patterns(include, ignoresCase)
        self.exclude = try Self.patterns(exclude, ignoresCase)
    }

    /// Whether every path passes.
    public var acceptsEverything: Bool { include.isEmpty && exclude.isEmpty }

    /// Whether the file, link or submodule at a path is wanted.
    ///
    /// - Parameter isDirectory: whether patterns for directories match the path itself, as for a submodule.
    public func matches(_ path: [UInt8], isDirectory: Bool = false) -> Bool {
        if exclude.contains(where: { Self.covers($0, path, isDirectory) }) { return false }
        return include.isEmpty || include.contains { Self.covers($0, path, isDirectory) }
    }

    /// Whether anything below a directory may be wanted. Never false where something is; where it is false, the whole
    /// subtree can be left alone. The top is the empty path.
    public func couldMatchBelow(_ directory: [UInt8]) -> Bool {
        if directory.isEmpty { return true }
        let isExcluded = exclude.contains { pattern in
            Self.covers(pattern, directory, true)
                || pattern.isAnchored && !pattern.isDirectoryOnly
                    && Self.run(pattern, inside: directory).isMatchWhateverFollows
        }
        if isExcluded { return false }
        return include.isEmpty
            || include.contains { pattern in
                !pattern.isAnchored || Self.covers(pattern, directory, true)
                    || !Self.run(pattern, inside: directory).isDead
            }
    }

    private static func run(_ pattern: Pattern, inside directory: [UInt8]) -> Wildmatch.Run {
        var run = Wildmatch.Run(pattern.match)
        for byte in directory { run.take(byte) }
        run.take(UInt8(ascii: "/"))
        return run
    }

    /// Whether a pattern matches the path or a directory above it.
    private static func covers(_ pattern: Pattern, _ path: [UInt8], _ isDirectory: Bool) -> Bool {
        let slash = UInt8(ascii: "/")
        var run = Wildmatch.Run(pattern.match)
        for byte in path {
            if byte == slash {
                if run.isMatch { return true }
                if !pattern.isAnchored {
                    run.restart()
                    continue
                }
            }
            run.take(byte)
            if pattern.isAnchored, run.isDead { return false }
        }
        return run.isMatch && (isDirectory || !pattern.isDirectoryOnly)
    }

    private static func patterns(
        _ sources: [[UInt8]], _ ignoresCase: Bool
    ) throws(GitFormatError) -> [Pattern] {
        var patterns: [Pattern] = []
        for source in sources {
            var body = source[...]
            var isDirectoryOnly = false
            if body.last == UInt8(ascii: "/") {
                isDirectoryOnly = true
                body = body.dropLast()
            }
            let isAnchored = body.contains(UInt8(ascii: "/"))
            if body.first == UInt8(ascii: "/") { body = body.dropFirst() }
            let match = Wildmatch(Array(body), ignoresCase: ignoresCase)
            guard !body.isEmpty, !match.neverMatches else {
                throw GitFormatError(
                    .malformedPattern,
                    "the pattern '\(String(decoding: source, as: UTF8.self))' can never match: "
                        + "it is empty, or ends in a backslash, or has a bracket that is not closed")
            }
            patterns.append(Pattern(match: match, isAnchored: isAnchored, isDirectoryOnly: isDirectoryOnly))
        }
        return patterns
    }
}
