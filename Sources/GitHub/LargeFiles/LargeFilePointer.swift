public import Events

/// What Git LFS keeps in the place of a large file (git-lfs, `docs/spec.md`, "The Pointer").
public struct LargeFilePointer: Sendable, Hashable {
    /// Of the content that it stands for.
    public let contentHash: SHA256Hash
    /// Of that content, in bytes.
    public let size: UInt64

    /// A pointer is shorter than this.
    public static let maximumByteCount = 1024
    /// The shortest one: version, hash and a size of one digit.
    public static let minimumByteCount = 43 + 76 + 7

    /// Reads a pointer; nil for anything else. Lines that are not known (extensions) may stand in it.
    public init?(_ content: UnsafeRawBufferPointer) {
        guard (Self.minimumByteCount..<Self.maximumByteCount).contains(content.count),
            content.starts(with: Self.version)
        else { return nil }
        var hash: SHA256Hash?
        var size: UInt64?
        for line in content.dropFirst(Self.version.count).split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: Self.hashPrefix) {
                hash = SHA256Hash(hex: String(decoding: line.dropFirst(Self.hashPrefix.count), as: UTF8.self))
            } else if line.starts(with: Self.sizePrefix) {
                size = UInt64(String(decoding: line.dropFirst(Self.sizePrefix.count), as: UTF8.self))
            }
        }
        guard let hash, let size else { return nil }
        contentHash = hash
        self.size = size
    }

    private static let version = Array("version https://git-lfs.github.com/spec/v1\n".utf8)
    private static let hashPrefix = Array("oid sha256:".utf8)
    private static let sizePrefix = Array("size ".utf8)
}
