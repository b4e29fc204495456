import Events

/// The key that wraps the tenants' keys: 32 bytes, base64 on one line.
enum MasterKey {
    static let byteCount = 32

    /// Makes a key from the system's randomness, readable by its owner alone.
    static func generate(at path: String) throws {
        var generator = SystemRandomNumberGenerator()
        let key = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try FileSystem.writeDurably(Array((Base64.encode(key) + "\n").utf8), to: path, mode: 0o600)
    }

    /// The key in a file.
    static func load(_ path: String) throws -> [UInt8] {
        let text = String(decoding: try FileSystem.read(path, limit: 4096), as: UTF8.self)
        return try parse(String(text.prefix { !$0.isNewline }), origin: path)
    }

    /// The bytes of a key that somebody gave.
    ///
    /// - Throws: ``CommandError`` that does not repeat the key.
    static func parse(_ text: String, origin: String) throws(CommandError) -> [UInt8] {
        guard let key = Base64Text.decode(text), key.count == byteCount else {
            throw CommandError.usage(
                "\(origin) has to be \(byteCount) bytes in base64: make one with `openssl rand -base64 32`")
        }
        return key
    }
}

/// Reading base 64 with padding (RFC 4648, section 4), strictly.
enum Base64Text {
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 4) else { return nil }
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        for (index, digit) in digits.enumerated() {
            let value: UInt32
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(digit - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(digit - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(digit - UInt8(ascii: "0")) + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "=") where index >= digits.count - padding: value = 0
            default: return nil
            }
            bits = bits << 6 | value
            if index % 4 == 3 {
                bytes += [
                    UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8),
                    UInt8(truncatingIfNeeded: bits),
                ]
                bits = 0
            }
        }
        bytes.removeLast(padding)
        return Base64.encode(bytes) == String(text) ? bytes : nil
    }
}
