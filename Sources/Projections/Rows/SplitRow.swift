import Events

/// A row with sealed plaintext in it, which no digest may depend on.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | tenant |
/// | 4 | 4 | length of the open part |
/// | 8 | … | open part: all that is digested beside the fields before it |
/// | … | … | sealed part |
enum SplitRow {
    static let headerByteCount = 8

    static func encode(tenant: TenantID, open: [UInt8], sealed: [UInt8]) -> [UInt8] {
        var row: [UInt8] = []
        row.reserveCapacity(headerByteCount + open.count + sealed.count)
        row.put(tenant.rawValue)
        row.put(UInt32(open.count))
        row.append(contentsOf: open)
        row.append(contentsOf: sealed)
        return row
    }

    /// Length of what is digested; all of a row that is too short to say.
    static func openEnd(_ row: RawSpan) -> Int {
        guard row.byteCount >= headerByteCount else { return row.byteCount }
        return min(row.byteCount, headerByteCount + Int(row.bigEndian32(at: 4)))
    }

    @_lifetime(copy row)
    static func open(_ row: RawSpan) -> RawSpan {
        row.extracting(min(headerByteCount, row.byteCount)..<max(openEnd(row), min(headerByteCount, row.byteCount)))
    }

    @_lifetime(copy row)
    static func sealed(_ row: RawSpan) -> RawSpan { row.extracting(openEnd(row)..<row.byteCount) }

    static func tenant(_ row: RawSpan) throws(DecodingFailure) -> TenantID {
        var reader = ByteReader(row)
        return try reader.tenant()
    }

    /// The digested part of the row.
    @_lifetime(copy row)
    static func digested(_ row: RawSpan) -> RawSpan { row.extracting(0..<openEnd(row)) }
}
