/// The SHA-1 name of a Git object. Kept as three integers, so that comparing and hashing touch no memory elsewhere.
public struct ObjectID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    /// Length in bytes.
    public static let byteCount = 20
    /// The id that Git writes where there is none: twenty zero bytes.
    public static let zero = ObjectID(first: 0, second: 0, third: 0)
    /// The id of the tree without entries.
    public static let emptyTree = ObjectID(
        first: 0x4b82_5dc6_42cb_6eb9, second: 0xa060_e54b_f8d6_9288, third: 0xfbee_4904)

    private init(first: UInt64, second: UInt64, third: UInt32) {
        self.first = first
        self.second = second
        self.third = third
    }

    /// Reads an id from its first 20 bytes; nil where there are fewer.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.byteCount else { return nil }
        first = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        second = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        third = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Reads an id from exactly 20 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, let id = bytes.withUnsafeBytes({ ObjectID(bytes: $0) }) else { return nil }
        self = id
    }

    /// Reads an id from exactly 40 hex digits.
    public init?(hex: some Sequence<UInt8>) {
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var digits = 0
        for character in hex {
            guard let value = hexValue(character), digits < 40 else { return nil }
            switch digits {
            case ..<16: words.0 = words.0 << 4 | UInt64(value)
            case ..<32: words.1 = words.1 << 4 | UInt64(value)
            default: words.2 = words.2 << 4 | UInt64(value)
            }
            digits += 1
        }
        guard digits == 40 else { return nil }
        self.init(first: words.0, second: words.1, third: UInt32(words.2))
    }

    /// Reads an id from exactly 40 hex digits.
    public init?(hex: String) {
        self.init(hex: hex.utf8)
    }

    /// Lends the 20 bytes.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let words = (first.bigEndian, second.bigEndian, third.bigEndian)
        return try Swift.withUnsafeBytes(of: words) { (bytes: UnsafeRawBufferPointer) throws(Failure) -> Result in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<Self.byteCount]))
        }
    }

    /// The 20 bytes.
    public var bytes: [UInt8] {
        withUnsafeBytes { [UInt8]($0) }
    }

    /// The 40 lower-case hex digits.
    public var hex: String {
        String(unsafeUninitializedCapacity: 40) { output in
            withUnsafeBytes { bytes in
                for (index, byte) in bytes.enumerated() {
                    output[2 * index] = hexDigit(byte >> 4)
                    output[2 * index + 1] = hexDigit(byte & 15)
                }
            }
            return 40
        }
    }

    public var description: String { hex }

    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        return left.third < right.third
    }

    public func hash(into hasher: inout Hasher) {
        // The id is a hash already; eight bytes of it keep tables even, and the hasher's seed keeps them safe.
        hasher.combine(first)
    }
}

/// The value of a hex digit of either case.
func hexValue(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// The lower-case hex digit of a value below 16.
func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a")
}
