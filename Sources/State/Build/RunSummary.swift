import Events
import Projections

/// What a run of deltas holds. At the end of a file that has a name, with its own length after it.
struct RunSummary: Sendable {
    /// Where each table's deltas are.
    let segments: [Range<Int>]
    let sums: [Deltas.SumKey: Counters]
    /// The parts of the log that it is of.
    let granules: [UInt32]
    /// Events, and items and blobs in them.
    let items: UInt64
    let keyUse: KeyUse

    init(
        segments: [Range<Int>], sums: [Deltas.SumKey: Counters], granules: [UInt32], items: UInt64, keyUse: KeyUse
    ) {
        self.keyUse = keyUse
        self.segments = segments
        self.sums = sums
        self.granules = granules
        self.items = items
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for segment in segments { bytes.append(bigEndian: UInt64(segment.upperBound)) }
        bytes.append(bigEndian: UInt64(sums.count))
        for (sum, counters) in sums.sorted(by: { $0.key < $1.key }) {
            bytes.append(sum.table.rawValue)
            bytes.append(bigEndian: sum.key)
            bytes.append(bigEndian: sum.interval)
            bytes += counters.bytes
        }
        bytes.append(bigEndian: items)
        bytes.append(bigEndian: UInt64(granules.count))
        for granule in granules { bytes.append(bigEndian: granule) }
        bytes += keyUse.bytes
        bytes.append(bigEndian: UInt64(bytes.count))
        return bytes
    }

    /// Nil where the file ends in none.
    init?(endOf file: UnsafeRawBufferPointer) {
        guard file.count >= Self.lengthByteCount else { return nil }
        let end = file.count - Self.lengthByteCount
        let length = UInt64(bigEndian: file.loadUnaligned(fromByteOffset: end, as: UInt64.self))
        guard length <= UInt64(end) else { return nil }
        let bytes = Array(file[(end - Int(length))..<end])
        do { try self.init(decoding: bytes, before: end - Int(length)) } catch { return nil }
    }

    private static let lengthByteCount = 8

    private init(decoding bytes: [UInt8], before length: Int) throws(DecodingFailure) {
        var reader = ByteReader(bytes.span.bytes)
        var segments: [Range<Int>] = []
        var start = 0
        for _ in Table.allCases {
            let end = try reader.uint64()
            guard end >= start, end <= length else { throw DecodingFailure("a segment ends at \(end)") }
            segments.append(start..<Int(end))
            start = Int(end)
        }
        var deltas = Deltas()
        for _ in 0..<(try reader.uint64()) {
            guard let table = Table(rawValue: try reader.byte()) else { throw DecodingFailure("a table is unknown") }
            let (key, interval) = (try reader.uint32(), try reader.uint16())
            let row = try reader.raw(Counters.byteCount)
            deltas.add(Counters(row.span.bytes), to: Deltas.SumKey(table: table, key: key, interval: interval))
        }
        items = try reader.uint64()
        var granules: [UInt32] = []
        for _ in 0..<(try reader.uint64()) { granules.append(try reader.uint32()) }
        keyUse = try KeyUse(&reader)
        try reader.end()
        self.segments = segments
        sums = deltas.sums
        self.granules = granules
    }
}
