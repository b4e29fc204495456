public import Events

/// The files that a source said changed between two commits. A hint: a provider that builds upon it proves what comes out.
public struct PushedChanges: Sendable, Equatable {
    public enum Change: Sendable, Equatable {
        case added
        case modified
        case removed
    }

    public enum Content: Sendable, Equatable {
        case files([[UInt8]: Change])
        /// The source tells files, but not all of these, or too many. Why.
        case untold(String)
    }

    /// Files of one hint. For more of them it spares no request that matters.
    public static let maximumFileCount = 32
    /// Bytes of their paths together.
    public static let maximumPathByteCount = 16 << 10

    /// The commit before; zeros where there was none.
    public var before: SHA1Hash
    public var after: SHA1Hash
    public private(set) var content: Content

    public init(before: SHA1Hash, after: SHA1Hash, content: Content) {
        self.before = before
        self.after = after
        self.content = Self.bounded(content)
    }

    /// Goes on with changes that begin where these end.
    public mutating func append(_ next: PushedChanges) {
        after = next.after
        switch (content, next.content) {
        case (.files(let files), .files(let more)):
            content = Self.bounded(.files(files.merging(more) { Self.change($0, then: $1) }))
        case (.files, .untold): content = next.content
        case (.untold, _): break
        }
    }

    /// What two changes of one file come to.
    public static func change(_ first: Change, then second: Change) -> Change {
        switch (first, second) {
        case (.added, .modified): .added
        case (.removed, .added): .modified
        default: second
        }
    }

    private static func bounded(_ content: Content) -> Content {
        guard case .files(let files) = content else { return content }
        guard files.count <= maximumFileCount, files.keys.reduce(0, { $0 + $1.count }) <= maximumPathByteCount else {
            return .untold("the push changes more than \(maximumFileCount) files, or they have very long names")
        }
        return content
    }
}
