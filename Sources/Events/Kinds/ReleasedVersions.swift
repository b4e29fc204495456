import FoundationEssentials
import SwiftProtobuf

/// A version of a path that is not kept any more, with all that its folds need.
public struct ReleasedVersion: Sendable, Equatable {
    /// Empty where it is sealed and its key is gone.
    public var path: [UInt8]
    /// Which entry of which `ItemsChanged` it is.
    public var version: ItemVersion
    /// The content that it names; nil for a path that was gone or not taken, and for a submodule.
    public var hash: SHA1Hash?
    /// Bytes that it counts for among the logical ones.
    public var size: UInt64

    public init(path: [UInt8], version: ItemVersion, hash: SHA1Hash?, size: UInt64) {
        self.path = path
        self.version = version
        self.hash = hash
        self.size = size
    }
}

/// Why versions are not kept.
public enum ReleaseReason: UInt32, Sendable, CaseIterable {
    /// The repository's history setting.
    case history = 1
    /// The repository was removed.
    case removed = 2

    /// As scripts read it.
    public var name: String { String(describing: self) }
}

/// Earlier versions of a source's paths are not kept any more: they name their contents no longer. All of them were recorded
/// in the header's domain.
public struct VersionsReleased: Sendable, Equatable {
    public var ref: RefID
    public var reason: ReleaseReason
    /// At most `maximumCount`, in the order of their paths' bytes.
    public var versions: [ReleasedVersion]

    /// Limit of the versions of one event.
    public static let maximumCount = 1024
    /// At about this many bytes of paths and columns an event is closed.
    public static let targetByteCount = 64 << 10

    public init(ref: RefID = .watched, reason: ReleaseReason, versions: [ReleasedVersion]) {
        self.ref = ref
        self.reason = reason
        self.versions = versions
    }
}

/// A release of versions is taken back.
public struct VersionsRestored: Sendable, Equatable {
    public var ref: RefID
    /// At most `VersionsReleased.maximumCount`.
    public var versions: [ReleasedVersion]

    public init(ref: RefID = .watched, versions: [ReleasedVersion]) {
        self.ref = ref
        self.versions = versions
    }
}

/// The columns that messages about versions have in common.
private protocol VersionMessage {
    var positions: Data { get set }
    var indexes: Data { get set }
    var contents: Data { get set }
    var hashes: Data { get set }
    var sizes: Data { get set }
}

extension WireVersionsReleased: VersionMessage {}
extension WireVersionsRestored: VersionMessage {}

private struct VersionColumns {
    var positions: [UInt8] = []
    var indexes: [UInt8] = []
    var contents: [UInt8] = []
    var hashes: [UInt8] = []
    var sizes: [UInt8] = []
    var paths: [UInt8] = []

    init(_ versions: [ReleasedVersion]) {
        var previous: [UInt8] = []
        for version in versions {
            positions.append(varint: version.version.position.rawValue)
            indexes.append(varint: version.version.index)
            contents.append(version.hash == nil ? 0 : 1)
            if let hash = version.hash { hashes.append(hash) }
            sizes.append(varint: version.size)
            let shared = zip(previous, version.path).prefix { $0 == $1 }.count
            paths.append(varint: shared)
            paths.append(string: version.path[shared...])
            previous = version.path
        }
        // Of paths that nobody can read any more nothing is to be sealed.
        if versions.allSatisfy(\.path.isEmpty) { paths = [] }
    }

    init(_ message: some VersionMessage, paths: Data) {
        positions = message.positions.array
        indexes = message.indexes.array
        contents = message.contents.array
        hashes = message.hashes.array
        sizes = message.sizes.array
        self.paths = paths.array
    }

    /// Writes all but the paths, which are sealed.
    func write(_ message: inout some VersionMessage) {
        message.positions = Data(positions)
        message.indexes = Data(indexes)
        message.contents = Data(contents)
        message.hashes = Data(hashes)
        message.sizes = Data(sizes)
    }

    func decode(_ count: UInt32) throws(DecodingFailure) -> [ReleasedVersion] {
        guard count <= VersionsReleased.maximumCount else {
            throw DecodingFailure(
                "\(count) versions in one event are over the limit of \(VersionsReleased.maximumCount)")
        }
        var positions = ByteReader(positions.span.bytes)
        var indexes = ByteReader(indexes.span.bytes)
        var contents = ByteReader(contents.span.bytes)
        var hashes = ByteReader(hashes.span.bytes)
        var sizes = ByteReader(sizes.span.bytes)
        var paths = ByteReader(paths.span.bytes)
        var versions: [ReleasedVersion] = []
        versions.reserveCapacity(Int(count))
        var path: [UInt8] = []
        // Paths that cannot be opened, or never can be again. The record's envelope says which.
        let hasPaths = !self.paths.isEmpty
        for _ in 0..<count {
            if hasPaths {
                let shared = try paths.count(atMost: path.count)
                path = path[..<shared] + (try paths.string())
            }
            let position = LogPosition(try positions.varint())
            let index = UInt32(try indexes.count(atMost: ItemsChanged.maximumCount))
            let hash: SHA1Hash?
            switch try contents.byte() {
            case 0: hash = nil
            case 1: hash = try hashes.sha1()
            case let other: throw DecodingFailure("content \(other) of a version is unknown")
            }
            versions.append(
                ReleasedVersion(
                    path: path, version: ItemVersion(position: position, index: index), hash: hash,
                    size: try sizes.varint()))
        }
        try positions.end()
        try indexes.end()
        try contents.end()
        try hashes.end()
        try sizes.end()
        try paths.end()
        return versions
    }

    static func json(_ ref: RefID, _ versions: [ReleasedVersion]) -> [(String, JSONValue)] {
        let entries = versions.map { version in
            JSONValue.object(
                JSONValue.fields("path", bytes: version.path) + [
                    ("position", .position(version.version.position)), ("index", .count(version.version.index)),
                    ("sha", .hash(version.hash)), ("size", .uint(version.size)),
                ])
        }
        return [("ref", .count(ref.rawValue)), ("versions", .array(entries))]
    }
}

extension VersionsReleased: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireVersionsReleased.self, clear)
        let columns = VersionColumns(
            open, paths: try Wire.decode(WireVersionsReleasedSealed.self, sealed).paths)
        self.init(
            ref: RefID(rawValue: open.ref), reason: try Wire.known(open.reason, "reason of a release"),
            versions: try columns.decode(open.count))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let columns = VersionColumns(versions)
        let open = WireVersionsReleased.with {
            $0.ref = ref.rawValue
            $0.reason = reason.rawValue
            $0.count = UInt32(versions.count)
            columns.write(&$0)
        }
        return (Wire.encode(open), Wire.encode(WireVersionsReleasedSealed.with { $0.paths = Data(columns.paths) }))
    }

    var json: [(String, JSONValue)] {
        [("reason", .string(reason.name))] + VersionColumns.json(ref, versions)
    }
}

extension VersionsRestored: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireVersionsRestored.self, clear)
        let columns = VersionColumns(
            open, paths: try Wire.decode(WireVersionsRestoredSealed.self, sealed).paths)
        self.init(ref: RefID(rawValue: open.ref), versions: try columns.decode(open.count))
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let columns = VersionColumns(versions)
        let open = WireVersionsRestored.with {
            $0.ref = ref.rawValue
            $0.count = UInt32(versions.count)
            columns.write(&$0)
        }
        return (Wire.encode(open), Wire.encode(WireVersionsRestoredSealed.with { $0.paths = Data(columns.paths) }))
    }

    var json: [(String, JSONValue)] { VersionColumns.json(ref, versions) }
}
