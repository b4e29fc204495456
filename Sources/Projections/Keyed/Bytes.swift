import Events

// Concrete, so that they are fast in the paths that run for every item.
extension [UInt8] {
    @inline(__always)
    mutating func put(_ value: UInt64) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    @inline(__always)
    mutating func put(_ value: UInt32) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func put(_ value: UInt16) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    @inline(__always)
    mutating func put(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append(contentsOf: $0) }
    }

    @inline(__always)
    mutating func put(_ hash: SHA1Hash) {
        hash.withUnsafeBytes { append(contentsOf: $0) }
    }

    mutating func put(_ hash: SHA256Hash) {
        hash.withUnsafeBytes { append(contentsOf: $0) }
    }

    mutating func put(_ time: Timestamp) { put(UInt64(bitPattern: time.microseconds)) }
    @inline(__always)
    mutating func put(_ position: LogPosition) { put(position.rawValue) }
    @inline(__always)
    mutating func put(_ repository: RepositoryID) { put(repository.rawValue) }

    /// LEB128.
    mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// A byte string with its length before it.
    mutating func put(string bytes: [UInt8]) {
        put(varint: UInt64(bytes.count))
        append(contentsOf: bytes)
    }

    mutating func put(text: String) {
        put(varint: UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    // A value, with 1 before it, or 0.

    mutating func put(optional position: LogPosition?) {
        append(position == nil ? 0 : 1)
        if let position { put(position) }
    }

    mutating func put(optional time: Timestamp?) {
        append(time == nil ? 0 : 1)
        if let time { put(time) }
    }

    mutating func put(optional hash: SHA1Hash?) {
        append(hash == nil ? 0 : 1)
        if let hash { put(hash) }
    }

    mutating func put(optional number: UInt32?) {
        append(number == nil ? 0 : 1)
        if let number { put(number) }
    }

    mutating func put(optional number: UInt64?) {
        append(number == nil ? 0 : 1)
        if let number { put(number) }
    }

    mutating func put(optional string: [UInt8]?) {
        append(string == nil ? 0 : 1)
        if let string { put(string: string) }
    }

    mutating func put(optional limit: RateLimit?) {
        append(limit == nil ? 0 : 1)
        if let limit { put(limit) }
    }
}

extension RawSpan {
    /// Precondition: the bytes are there.
    @inline(__always)
    func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Precondition: the bytes are there.
    @inline(__always)
    func bigEndian64(at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension ByteReader {
    mutating func position() throws(DecodingFailure) -> LogPosition { LogPosition(try uint64()) }
    mutating func repository() throws(DecodingFailure) -> RepositoryID { RepositoryID(try uint64()) }
    mutating func tenant() throws(DecodingFailure) -> TenantID { TenantID(try uint32()) }
    mutating func domain() throws(DecodingFailure) -> Domain { Domain(rawValue: try uint32()) }
    mutating func ref() throws(DecodingFailure) -> RefID { RefID(rawValue: try uint32()) }

    mutating func optionalPosition() throws(DecodingFailure) -> LogPosition? {
        try flag() ? try position() : nil
    }

    mutating func optionalTime() throws(DecodingFailure) -> Timestamp? {
        try flag() ? try timestamp() : nil
    }

    mutating func optionalSHA1() throws(DecodingFailure) -> SHA1Hash? {
        try flag() ? try sha1() : nil
    }

    mutating func optionalUInt64() throws(DecodingFailure) -> UInt64? {
        try flag() ? try uint64() : nil
    }

    mutating func optionalString() throws(DecodingFailure) -> [UInt8]? {
        try flag() ? try string() : nil
    }

    /// An enumeration's case of that number.
    mutating func known<Value: RawRepresentable>(
        _ what: String
    ) throws(DecodingFailure) -> Value where Value.RawValue == UInt32 {
        let number = try uint32()
        guard let value = Value(rawValue: number) else { throw DecodingFailure("\(what) \(number) is unknown") }
        return value
    }

    mutating func flag() throws(DecodingFailure) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        case let other: throw DecodingFailure("a flag is \(other), not 0 or 1")
        }
    }
}
