import Events

extension RepositoryConfiguration {
    func encode(open: inout [UInt8], sealed: inout [UInt8]) {
        open.append(isPrivate ? 1 : 0)
        open.put(optional: keepHistoryDays)
        open.append(fetchesLargeFiles ? 1 : 0)
        sealed.put(optional: branch)
        for patterns in [include, exclude] {
            sealed.put(varint: UInt64(patterns.count))
            for pattern in patterns { sealed.put(string: pattern) }
        }
    }

    init(open: inout ByteReader, sealed: inout ByteReader) throws(DecodingFailure) {
        let isPrivate = try open.flag()
        let days = try open.flag() ? try open.uint32() : nil
        let fetchesLargeFiles = try open.flag()
        let branch = try sealed.optionalString()
        self.init(
            branch: branch, isPrivate: isPrivate, include: try Self.patterns(&sealed),
            exclude: try Self.patterns(&sealed), keepHistoryDays: days, fetchesLargeFiles: fetchesLargeFiles)
    }

    private static func patterns(_ reader: inout ByteReader) throws(DecodingFailure) -> [[UInt8]] {
        var patterns: [[UInt8]] = []
        for _ in 0..<(try reader.count(atMost: reader.remaining)) { patterns.append(try reader.string()) }
        return patterns
    }
}
