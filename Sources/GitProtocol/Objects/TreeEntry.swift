/// The mode of a tree entry: what it is, and for files whether it may be executed.
public struct FileMode: RawRepresentable, Hashable, Sendable {
    /// The number, of which trees hold the octal digits.
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let directory = FileMode(rawValue: 0o040000)
    public static let file = FileMode(rawValue: 0o100644)
    public static let executable = FileMode(rawValue: 0o100755)
    public static let symbolicLink = FileMode(rawValue: 0o120000)
    /// A submodule: the id is a commit of another repository.
    public static let submodule = FileMode(rawValue: 0o160000)

    private var type: UInt32 { rawValue & 0o170000 }
    public var isDirectory: Bool { type == 0o040000 }
    /// A regular file; old repositories hold other permission bits than 644 and 755 (664), which `git ls-tree` shows.
    public var isRegularFile: Bool { type == 0o100000 }
    public var isSymbolicLink: Bool { type == 0o120000 }
    public var isSubmodule: Bool { type == 0o160000 }
}

/// One line of a tree.
public struct TreeEntry: Hashable, Sendable {
    /// What the entry is.
    public let mode: FileMode
    /// Whether the tree writes the mode with a leading zero (`040000`), as some old tools did: such a tree's hash can
    /// only be computed from entries that remember it.
    public let isModePadded: Bool
    /// The name, any bytes without NUL.
    public let name: [UInt8]
    /// The blob, the tree, or for a submodule the commit.
    public let id: ObjectID

    /// An entry as Git writes it today.
    public init(mode: FileMode, name: [UInt8], id: ObjectID, isModePadded: Bool = false) {
        self.mode = mode
        self.isModePadded = isModePadded
        self.name = name
        self.id = id
    }

    /// A name that no file may be written under.
    public enum UnsafeName: Sendable, Hashable {
        case empty
        /// `.` or `..`
        case relative
        /// `.git` in any case.
        case gitDirectory
        /// Holds a slash, so it would reach into another directory.
        case containsSlash
        /// Holds a NUL, which cannot come from a tree.
        case containsNUL
    }

    /// Why the name is unsafe; nil where it is fine.
    public var unsafeName: UnsafeName? { Self.unsafeName(name) }

    /// Why a name is unsafe; nil where it is fine.
    @inlinable
    public static func unsafeName(_ name: some Collection<UInt8>) -> UnsafeName? {
        let count = name.count
        if count == 0 { return .empty }
        if count <= 2, name.allSatisfy({ $0 == UInt8(ascii: ".") }) { return .relative }
        if count == 4, name.elementsEqual(".git".utf8, by: { lowercased($0) == $1 }) { return .gitDirectory }
        for byte in name {
            if byte == UInt8(ascii: "/") { return .containsSlash }
            if byte == 0 { return .containsNUL }
        }
        return nil
    }
}

/// The byte in lower case, where it is an ASCII capital.
@inlinable
func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
}
