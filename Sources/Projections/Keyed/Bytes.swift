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

    mutating func put(optional position: LogPosition?) {
        append(optional: position) { $0.put($1) }
    }

    mutating func put(optional time: Timestamp?) {
        append(optional: time) { $0.put($1) }
    }

    mutating func put(optional hash: SHA1Hash?) {
        append(optional: hash) { $0.put($1) }
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
        try optional { (reader) throws(DecodingFailure) in try reader.position() }
    }

    mutating func optionalTime() throws(DecodingFailure) -> Timestamp? {
        try optional { (reader) throws(DecodingFailure) in try reader.timestamp() }
    }

    mutating func optionalSHA1() throws(DecodingFailure) -> SHA1Hash? {
        try optional { (reader) throws(DecodingFailure) in try reader.sha1() }
    }

    mutating func flag() throws(DecodingFailure) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        case let other: throw DecodingFailure("a flag is \(other), not 0 or 1")
        }
    }
}
