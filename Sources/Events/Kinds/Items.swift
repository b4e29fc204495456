import FoundationEssentials
import SwiftProtobuf

/// Why an item was not taken. Recorded, so that no hole is silent.
public enum SkipReason: UInt8, Sendable, CaseIterable {
    /// The repository's patterns leave it out.
    case excluded = 1
    /// It is larger than `INGESTOR_MAX_BLOB_BYTES`.
    case tooLarge = 2
    /// A name that could escape from a work tree: `.`, `..`, or `.git` in any case.
    case unsafeName = 3
    /// It could not be read.
    case unreadable = 4
    /// It is neither a file nor a directory nor a symbolic link.
    case unsupported = 5
    /// It changed each time while it was read.
    case unstable = 6
    /// Other content is kept under the same SHA-1 already.
    case hashCollision = 7
    /// A directory without anything in it, which a tree can name but a list of files cannot.
    case emptyDirectory = 8

    /// As scripts read it: `excluded`, `tooLarge`.
    public var name: String { String(describing: self) }
}

/// Git's modes, as far as they occur in trees.
public enum GitMode {
    public static let tree: UInt32 = 0o040000
    public static let file: UInt32 = 0o100644
    public static let executable: UInt32 = 0o100755
    public static let symlink: UInt32 = 0o120000
    public static let submodule: UInt32 = 0o160000
}

/// One path's new version.
public struct ItemChange: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// The path has this mode and content from here on. A submodule's hash is a commit's, and nothing is stored for it.
        case upserted(mode: UInt32, hash: SHA1Hash, size: UInt64)
        /// The path is gone.
        case removed
        /// The path is there and was not taken. A directory (mode `GitMode.tree`) stands for all that is below it, and its
        /// path ends in a slash, so that it is sorted where its files would be.
        case skipped(mode: UInt32, hash: SHA1Hash, size: UInt64, reason: SkipReason)
    }

    /// Bytes, `/` between names; at the end only that of a directory. Empty where it is sealed and its key is gone.
    public var path: [UInt8]
    public var content: Content
    /// The version of the path that this one takes the place of.
    public var replaces: ItemVersion?

    public init(path: [UInt8], content: Content, replaces: ItemVersion?) {
        self.path = path
        self.content = content
        self.replaces = replaces
    }
}

/// Some items of a source have new versions. Visible from the `SyncCompleted` on that follows.
public struct ItemsChanged: Sendable, Equatable {
    public var ref: RefID
    /// At most `maximumCount`, in the order of their paths' bytes.
    public var items: [ItemChange]

    /// Limit of the items of one event.
    public static let maximumCount = 1024
    /// At about this many bytes of paths and columns an event is closed.
    public static let targetByteCount = 64 << 10

    public init(ref: RefID = .watched, items: [ItemChange]) {
        self.ref = ref
        self.items = items
    }
}

extension ItemsChanged: EventPayload {
    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        var changes: [UInt8] = []
        var modes: [UInt8] = []
        var hashes: [UInt8] = []
        var sizes: [UInt8] = []
        var reasons: [UInt8] = []
        var positions: [UInt8] = []
        var indexes: [UInt8] = []
        var paths: [UInt8] = []
        var previous: [UInt8] = []
        for item in items {
            switch item.content {
            case .upserted(let mode, let hash, let size):
                changes.append(1)
                modes.append(varint: mode)
                hashes.append(hash)
                sizes.append(varint: size)
                reasons.append(0)
            case .removed:
                changes.append(2)
                modes.append(varint: 0)
                sizes.append(varint: 0)
                reasons.append(0)
            case .skipped(let mode, let hash, let size, let reason):
                changes.append(3)
                modes.append(varint: mode)
                hashes.append(hash)
                sizes.append(varint: size)
                reasons.append(reason.rawValue)
            }
            positions.append(varint: item.replaces.map { $0.position.rawValue + 1 } ?? 0)
            indexes.append(varint: item.replaces?.index ?? 0)
            let shared = zip(previous, item.path).prefix { $0 == $1 }.count
            paths.append(varint: shared)
            paths.append(string: item.path[shared...])
            previous = item.path
        }
        let open = WireItemsChanged.with {
            $0.ref = ref.rawValue
            $0.count = UInt32(items.count)
            $0.changes = Data(changes)
            $0.modes = Data(modes)
            $0.hashes = Data(hashes)
            $0.sizes = Data(sizes)
            $0.reasons = Data(reasons)
            $0.replacedPositions = Data(positions)
            $0.replacedIndexes = Data(indexes)
        }
        return (Wire.encode(open), Wire.encode(WireItemsChangedSealed.with { $0.paths = Data(paths) }))
    }

    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireItemsChanged.self, clear)
        let count = Int(open.count)
        guard count <= Self.maximumCount else {
            throw DecodingFailure("\(count) items in one event are over the limit of \(Self.maximumCount)")
        }
        let columns = (
            changes: open.changes.array, modes: open.modes.array, hashes: open.hashes.array, sizes: open.sizes.array,
            reasons: open.reasons.array, positions: open.replacedPositions.array, indexes: open.replacedIndexes.array,
            paths: try Wire.decode(WireItemsChangedSealed.self, sealed).paths.array
        )
        // Paths that cannot be opened, or never can be again. The record's envelope says which.
        let hasPaths = sealed.byteCount > 0
        var changes = ByteReader(columns.changes.span.bytes)
        var modes = ByteReader(columns.modes.span.bytes)
        var hashes = ByteReader(columns.hashes.span.bytes)
        var sizes = ByteReader(columns.sizes.span.bytes)
        var reasons = ByteReader(columns.reasons.span.bytes)
        var positions = ByteReader(columns.positions.span.bytes)
        var indexes = ByteReader(columns.indexes.span.bytes)
        var paths = ByteReader(columns.paths.span.bytes)
        var items: [ItemChange] = []
        items.reserveCapacity(count)
        var path: [UInt8] = []
        for _ in 0..<count {
            if hasPaths {
                let shared = try paths.count(atMost: path.count)
                path = path[..<shared] + (try paths.string())
            }
            let change = try changes.byte()
            let mode = UInt32(truncatingIfNeeded: try modes.varint())
            let size = try sizes.varint()
            let reason = try reasons.byte()
            let content: ItemChange.Content
            switch change {
            case 1: content = .upserted(mode: mode, hash: try hashes.sha1(), size: size)
            case 2: content = .removed
            case 3:
                content = .skipped(
                    mode: mode, hash: try hashes.sha1(), size: size,
                    reason: try Wire.known(reason, "reason for skipping"))
            default: throw DecodingFailure("change \(change) of an item is unknown")
            }
            let position = try positions.varint()
            let index = try indexes.count(atMost: Self.maximumCount)
            let replaces =
                position == 0 ? nil : ItemVersion(position: LogPosition(position - 1), index: UInt32(index))
            items.append(ItemChange(path: path, content: content, replaces: replaces))
        }
        try changes.end()
        try modes.end()
        try hashes.end()
        try sizes.end()
        try reasons.end()
        try positions.end()
        try indexes.end()
        try paths.end()
        self.init(ref: RefID(rawValue: open.ref), items: items)
    }

    var json: [(String, JSONValue)] {
        [("ref", .count(ref.rawValue)), ("items", .array(items.map { .object($0.json) }))]
    }
}

extension ItemChange {
    var json: [(String, JSONValue)] {
        var fields = JSONValue.fields("path", bytes: path)
        switch content {
        case .upserted(let mode, let hash, let size):
            fields += [("change", .string("upserted"))] + Self.contentFields(mode, hash, size)
        case .removed:
            fields.append(("change", .string("removed")))
        case .skipped(let mode, let hash, let size, let reason):
            fields += [("change", .string("skipped"))] + Self.contentFields(mode, hash, size)
            fields.append(("reason", .string(reason.name)))
        }
        if let replaces {
            fields.append(
                (
                    "replaces",
                    .object([
                        ("position", .position(replaces.position)), ("index", .count(replaces.index)),
                    ])
                ))
        }
        return fields
    }

    private static func contentFields(_ mode: UInt32, _ hash: SHA1Hash, _ size: UInt64) -> [(String, JSONValue)] {
        [("mode", .string(String(mode, radix: 8))), ("sha", .hash(hash)), ("size", .uint(size))]
    }
}
