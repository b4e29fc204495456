public import Events

/// One version of one path.
public struct FileVersion: Sendable, Equatable {
    /// Empty where it was sealed and its key is gone.
    public var path: [UInt8]
    public var version: ItemVersion
    public var tenant: TenantID
    public var content: ItemChange.Content
    /// The version that it takes the place of.
    public var replaces: ItemVersion?
    /// The event by which it is not kept any more; nil where it is. Its content may be gone.
    public var released: LogPosition?

    public init(
        path: [UInt8], version: ItemVersion, tenant: TenantID, content: ItemChange.Content, replaces: ItemVersion?,
        released: LogPosition? = nil
    ) {
        self.path = path
        self.version = version
        self.tenant = tenant
        self.content = content
        self.replaces = replaces
        self.released = released
    }
}

/// A row of `files`. Fixed up to the path, and so are the bytes of the digest.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | tenant |
/// | 4 | 4 | index in the event |
/// | 8 | 8 | position + 1 of the version it replaces, or 0 |
/// | 16 | 4 | index of that version |
/// | 20 | 1 | change: 1 upserted, 2 removed, 3 skipped; 16 more where it was released |
/// | 21 | 4 | mode |
/// | 25 | 8 | size |
/// | 33 | 1 | reason for skipping, or 0 |
/// | 34 | 20 | SHA-1, zeros for a removed item |
/// | 54 | 8 | where it was released: position of the event that says so |
/// | … | … | the path where the key does not hold it |
enum FileRow {
    static let fixedByteCount = 54
    static let indexOffset = 4
    static let changeOffset = 20
    static let removed: UInt8 = 2
    static let releasedFlag: UInt8 = 16
    static let positionByteCount = 8

    /// Writes the row of `item`, which is the entry `index` of its event.
    static func write(_ item: ItemChange, index: Int, tenant: UInt32, isLong: Bool, into row: inout [UInt8]) {
        row.put(tenant)
        row.put(UInt32(index))
        row.put(item.replaces.map { $0.position.rawValue &+ 1 } ?? 0)
        row.put(item.replaces?.index ?? 0)
        switch item.content {
        case .upserted(let mode, let hash, let size):
            row.append(1)
            row.put(mode)
            row.put(size)
            row.append(0)
            row.put(hash)
        case .removed:
            row.append(removed)
            row.append(contentsOf: repeatElement(0, count: fixedByteCount - changeOffset - 1))
        case .skipped(let mode, let hash, let size, let reason):
            row.append(3)
            row.put(mode)
            row.put(size)
            row.append(reason.rawValue)
            row.put(hash)
        }
        if isLong { row.append(contentsOf: item.path) }
    }

    static func isReleased(_ row: [UInt8]) -> Bool { row[changeOffset] & releasedFlag != 0 }

    /// Writes into a row that it was released, and by which event.
    static func release(_ row: inout [UInt8], at position: LogPosition) {
        guard row.count >= fixedByteCount, !isReleased(row) else { return }
        row[changeOffset] |= releasedFlag
        withUnsafeBytes(of: position.rawValue.bigEndian) { row.insert(contentsOf: $0, at: fixedByteCount) }
    }

    /// Takes that back.
    static func restore(_ row: inout [UInt8]) {
        guard row.count >= fixedByteCount + positionByteCount, isReleased(row) else { return }
        row[changeOffset] &= ~releasedFlag
        row.removeSubrange(fixedByteCount..<fixedByteCount + positionByteCount)
    }

    /// What of a row is digested: all but a path.
    static func digestedByteCount(_ row: RawSpan) -> Int {
        let isReleased = row.unsafeLoad(fromByteOffset: changeOffset, as: UInt8.self) & releasedFlag != 0
        return min(row.byteCount, isReleased ? fixedByteCount + positionByteCount : fixedByteCount)
    }

    static func change(_ row: RawSpan) throws(DecodingFailure) -> UInt8 {
        guard row.byteCount >= fixedByteCount else { throw DecodingFailure("a file's row has \(row.byteCount) bytes") }
        return row.unsafeLoad(fromByteOffset: changeOffset, as: UInt8.self) & ~releasedFlag
    }
}

extension FileVersion {
    public init(key: RawSpan, decoding row: RawSpan) throws(DecodingFailure) {
        var reader = ByteReader(row)
        tenant = try reader.tenant()
        let index = try reader.uint32()
        let replacedPosition = try reader.uint64()
        let replacedIndex = try reader.uint32()
        replaces =
            replacedPosition == 0
            ? nil : ItemVersion(position: LogPosition(replacedPosition - 1), index: replacedIndex)
        let flags = try reader.byte()
        let change = flags & ~FileRow.releasedFlag
        let mode = try reader.uint32()
        let size = try reader.uint64()
        let reason = try reader.byte()
        let hash = try reader.sha1()
        switch change {
        case 1: content = .upserted(mode: mode, hash: hash, size: size)
        case 2: content = .removed
        case 3:
            guard let reason = SkipReason(rawValue: reason) else {
                throw DecodingFailure("reason \(reason) for skipping is unknown")
            }
            content = .skipped(mode: mode, hash: hash, size: size, reason: reason)
        default: throw DecodingFailure("change \(change) of a file is unknown")
        }
        released = flags & FileRow.releasedFlag == 0 ? nil : try reader.position()
        let parts = try FileKey(key)
        version = ItemVersion(position: parts.position, index: index)
        path = parts.isErased ? [] : parts.isLong ? try reader.raw(reader.remaining) : parts.path
        try reader.end()
    }

    /// Whether the row says that the path is gone, without decoding it.
    public static func isRemoval(_ row: RawSpan) throws(DecodingFailure) -> Bool {
        try FileRow.change(row) == FileRow.removed
    }
}
