public import Events

/// The key of a row of `files`: repository (8) ‖ ref (4) ‖ path ‖ 0 ‖ position (8). No path holds a zero byte, so keys sort as
/// paths do, and the versions of one path stand together from the oldest on.
///
/// A path of more than `maximumPathByteCount` bytes (LMDB's keys end at 511), or with a zero byte in it, stands for itself by its
/// first bytes ‖ 0xFF ‖ its SHA-256; the row then holds it whole. All paths that share those first bytes stand together, so a
/// listing is in order once each such group has been sorted.
public struct FileKey {
    /// The path, or what stands for a long one.
    public let path: [UInt8]
    public let position: LogPosition
    public let isLong: Bool

    /// Bytes of a path that fit a key.
    public static let maximumPathByteCount = 400
    /// Length of what stands for a long path.
    static let longByteCount = maximumPathByteCount + 1 + SHA256Hash.byteCount
    /// Bytes before the path.
    public static let scopeByteCount = 12
    /// Bytes after it.
    public static let tailByteCount = 9

    public init(_ key: RawSpan) throws(DecodingFailure) {
        guard key.byteCount >= Self.scopeByteCount + Self.tailByteCount else {
            throw DecodingFailure("a file's key has \(key.byteCount) bytes")
        }
        path = key.extracting(Self.scopeByteCount..<key.byteCount - Self.tailByteCount).withUnsafeBytes { Array($0) }
        position = LogPosition(key.bigEndian64(at: key.byteCount - 8))
        isLong = path.count > Self.maximumPathByteCount
    }

    /// Whether the path cannot stand in a key as it is.
    static func isLong(_ path: [UInt8]) -> Bool { path.count > maximumPathByteCount || path.contains(0) }

    /// Repository and ref: what the keys of its files begin with.
    public static func scope(_ repository: RepositoryID, _ ref: RefID) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(scopeByteCount)
        key.put(repository)
        key.put(ref.rawValue)
        return key
    }

    /// What the keys of the versions of `path` begin with; the position follows.
    public static func prefix(
        _ repository: RepositoryID, _ ref: RefID, path: [UInt8], hash: SHA256Function
    ) -> [UInt8] {
        var key = scope(repository, ref)
        write(path: path, hash: hash, into: &key)
        key.append(0)
        return key
    }

    /// The path of the entry `index` of an event. Where it cannot be read any more, `//` and that index stand for it, which no path
    /// begins with: so each item keeps a row of its own, with all that is digested of it.
    static func write(path: [UInt8], index: Int, hash: SHA256Function, into key: inout [UInt8]) {
        guard path.isEmpty else { return write(path: path, hash: hash, into: &key) }
        key.append(contentsOf: placeholder)
        key.append(contentsOf: String(index).utf8)
    }

    /// Whether the path cannot be read any more.
    public var isErased: Bool { path.starts(with: Self.placeholder) }

    private static let placeholder = Array("//".utf8)

    static func write(path: [UInt8], hash: SHA256Function, into key: inout [UInt8]) {
        guard isLong(path) else { return key.append(contentsOf: path) }
        // Padded, so that the length alone tells the two forms apart.
        key.append(contentsOf: path.prefix(maximumPathByteCount))
        key.append(contentsOf: repeatElement(0, count: max(0, maximumPathByteCount - path.count)))
        key.append(0xff)
        key.put(hash(path))
    }
}
