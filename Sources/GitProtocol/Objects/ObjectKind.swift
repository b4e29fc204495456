/// The four kinds of Git objects, with the numbers that packs give them.
public enum ObjectKind: UInt8, Sendable, CaseIterable {
    case commit = 1
    case tree = 2
    case blob = 3
    case tag = 4

    /// The word in an object's header.
    public var name: StaticString {
        switch self {
        case .commit: "commit"
        case .tree: "tree"
        case .blob: "blob"
        case .tag: "tag"
        }
    }
}
