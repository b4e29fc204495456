/// A path inside a repository: bytes, which need not be UTF-8.
public struct RepositoryPath: Sendable, Hashable, ExpressibleByStringInterpolation {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    public init(stringLiteral text: String) { self.init(text) }
}

/// What a file holds.
public enum RepositoryContent: Sendable, ExpressibleByStringInterpolation {
    case bytes([UInt8])
    /// So many bytes that do not compress, always the same for one seed; they are never in memory at once.
    case generated(sizeBytes: Int, seed: UInt64)

    public init(stringLiteral text: String) { self = .bytes(Array(text.utf8)) }

    public static func text(_ text: String) -> RepositoryContent { .bytes(Array(text.utf8)) }

    var sizeBytes: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .generated(let size, _): size
        }
    }

    /// Hands the content over in pieces.
    public func forEachPiece(_ body: ([UInt8]) throws -> Void) rethrows {
        switch self {
        case .bytes(let bytes): try body(bytes)
        case .generated(var remaining, let seed):
            var generator = SplitMix64(state: seed)
            while remaining > 0 {
                let count = min(remaining, GitCommand.chunkBytes)
                let piece = [UInt8](unsafeUninitializedCapacity: GitCommand.chunkBytes) { buffer, initialized in
                    buffer.withMemoryRebound(to: UInt64.self) { words in
                        for index in words.indices { words[index] = generator.next() }
                    }
                    initialized = count
                }
                try body(piece)
                remaining -= count
            }
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: eight bytes a step from one word of state.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The mode of a tree's entry (gitformat-index).
public enum FileMode: String, Sendable {
    case regular = "100644"
    case executable = "100755"
    case symlink = "120000"
    case submodule = "160000"
}

/// One file of a commit, as `git ls-tree -r` lists it.
public struct RepositoryEntry: Sendable, Hashable {
    /// Octal digits, `100644` and the like.
    public var mode: String
    /// The object's id, in hexadecimal digits.
    public var id: String
    public var path: RepositoryPath

    public init(mode: String, id: String, path: RepositoryPath) {
        self.mode = mode
        self.id = id
        self.path = path
    }
}
