/// Writing what `ByteReader` reads: big-endian integers, varints, byte strings.
extension Array where Element == UInt8 {
    public mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// LEB128, as protobuf writes it.
    public mutating func append(varint value: some BinaryInteger) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// A byte string with its length before it.
    public mutating func append(string bytes: some Collection<UInt8>) {
        append(varint: bytes.count)
        append(contentsOf: bytes)
    }

    public mutating func append(text: String) { append(string: text.utf8) }

    public mutating func append(_ hash: SHA1Hash) { hash.withUnsafeBytes { append(contentsOf: $0) } }

    public mutating func append(_ hash: SHA256Hash) { hash.withUnsafeBytes { append(contentsOf: $0) } }

    public mutating func append(_ timestamp: Timestamp) { append(bigEndian: timestamp.microseconds) }

    /// 1 and what `write` writes, or 0 for nil.
    public mutating func append<Value>(optional value: Value?, _ write: (inout [UInt8], Value) -> Void) {
        guard let value else { return append(0) }
        append(1)
        write(&self, value)
    }
}
