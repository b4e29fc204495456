/// Arguments are bytes; ArgumentParser wants strings. Bytes that are not UTF-8 take a detour through the last 128 code
/// points of Unicode's private use planes, and these themselves are treated as such bytes, so that nothing is lost.
enum RawArgument {
    private static let base: UInt32 = 0x10FF00

    /// The text that stands for `bytes`.
    static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isEscape) {
            return text
        }
        var scalars = String.UnicodeScalarView()
        var index = 0
        while index < bytes.count {
            if let scalar = scalar(in: bytes, at: index), !isEscape(scalar) {
                scalars.append(scalar)
                index += UTF8.width(scalar)
            } else {
                if let escape = Unicode.Scalar(base + UInt32(bytes[index])) { scalars.append(escape) }
                index += 1
            }
        }
        return String(scalars)
    }

    /// The bytes that `text` stands for.
    static func bytes(_ text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if isEscape(scalar) {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }

    /// This process's own arguments, without its name.
    static func ofThisProcess() -> [[UInt8]] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { pointer in
                var bytes: [UInt8] = []
                var next = pointer
                while next.pointee != 0 {
                    bytes.append(UInt8(bitPattern: next.pointee))
                    next += 1
                }
                return bytes
            }
        }
    }

    private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { (0x10FF80...0x10FFFF).contains(scalar.value) }

    private static func scalar(in bytes: [UInt8], at index: Int) -> Unicode.Scalar? {
        let length =
            switch bytes[index] {
            case ..<0x80: 1
            case 0xC2..<0xE0: 2
            case 0xE0..<0xF0: 3
            case 0xF0..<0xF5: 4
            default: 0
            }
        guard length > 0, index + length <= bytes.count else { return nil }
        return String(validating: bytes[index..<index + length], as: UTF8.self)?.unicodeScalars.first
    }
}
