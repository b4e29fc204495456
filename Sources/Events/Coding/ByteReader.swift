/// Why bytes could not be decoded.
public struct DecodingFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in a phrase: `a count of 70000 is over the limit of 1024`.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}

/// Reads integers and byte strings from the front of bytes that somebody else owns. Every read is bounds-checked.
public struct ByteReader: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) { self.bytes = bytes }

    /// How many bytes are left.
    public var remaining: Int { bytes.byteCount - offset }
    public var isAtEnd: Bool { remaining == 0 }

    private mutating func advance(_ count: Int) throws(DecodingFailure) -> Int {
        guard count >= 0, count <= remaining else {
            throw DecodingFailure("\(count) bytes are needed at offset \(offset), \(remaining) are left")
        }
        defer { offset += count }
        return offset
    }

    public mutating func byte() throws(DecodingFailure) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: try advance(1), as: UInt8.self)
    }

    public mutating func uint16() throws(DecodingFailure) -> UInt16 {
        UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: try advance(2), as: UInt16.self))
    }

    public mutating func uint32() throws(DecodingFailure) -> UInt32 {
        UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: try advance(4), as: UInt32.self))
    }

    public mutating func uint64() throws(DecodingFailure) -> UInt64 {
        UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: try advance(8), as: UInt64.self))
    }

    /// LEB128, at most ten bytes, as protobuf writes it.
    public mutating func varint() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            guard shift < 63 || next <= 1 else { break }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
        }
        throw DecodingFailure("a variable-length integer is longer than 64 bits")
    }

    /// A varint that has to fit a count or a size in memory.
    public mutating func count(atMost limit: Int) throws(DecodingFailure) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else {
            throw DecodingFailure("a count of \(value) is over the limit of \(limit)")
        }
        return Int(value)
    }

    public mutating func raw(_ count: Int) throws(DecodingFailure) -> [UInt8] {
        let start = try advance(count)
        return bytes.extracting(start..<start + count).withUnsafeBytes { Array($0) }
    }

    /// A byte string with its length as a varint before it.
    public mutating func string() throws(DecodingFailure) -> [UInt8] {
        try raw(try count(atMost: remaining))
    }

    /// A text with its length as a varint before it; what is not UTF-8 is replaced by U+FFFD.
    public mutating func text() throws(DecodingFailure) -> String {
        String(decoding: try string(), as: UTF8.self)
    }

    public mutating func sha1() throws(DecodingFailure) -> SHA1Hash {
        let start = try advance(SHA1Hash.byteCount)
        return bytes.extracting(start..<start + SHA1Hash.byteCount).withUnsafeBytes { SHA1Hash($0) }
    }

    public mutating func sha256() throws(DecodingFailure) -> SHA256Hash {
        let start = try advance(SHA256Hash.byteCount)
        return bytes.extracting(start..<start + SHA256Hash.byteCount).withUnsafeBytes { SHA256Hash($0) }
    }

    public mutating func timestamp() throws(DecodingFailure) -> Timestamp {
        Timestamp(microseconds: Int64(bitPattern: try uint64()))
    }

    /// What `read` reads, where a leading 1 says that it is there.
    public mutating func optional<Value>(
        _ read: (inout ByteReader) throws(DecodingFailure) -> Value
    ) throws(DecodingFailure) -> Value? {
        switch try byte() {
        case 0: return nil
        case 1: return try read(&self)
        case let other: throw DecodingFailure("an optional value is marked with \(other), not with 0 or 1")
        }
    }

    /// Nothing may be left over.
    public func end() throws(DecodingFailure) {
        guard isAtEnd else { throw DecodingFailure("\(remaining) bytes are left over") }
    }
}
