import FoundationEssentials

/// Bytes as text, in the forms that GitHub uses.
enum Base64 {
    /// Length of a line in the content of a blob, as recorded answers have it.
    static let lineLength = 60

    static func encoded(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// In lines that each end with a line feed.
    static func lines(_ bytes: [UInt8]) -> String {
        var (text, rest) = ([UInt8](), Array(encoded(bytes).utf8)[...])
        text.reserveCapacity(rest.count + rest.count / lineLength + 1)
        while !rest.isEmpty {
            text += rest.prefix(lineLength)
            text.append(UInt8(ascii: "\n"))
            rest = rest.dropFirst(lineLength)
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decoded(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map { [UInt8]($0) } }

    /// RFC 4648's alphabet for URLs, without padding, as tokens have it.
    static func decodedURL(_ text: String) -> [UInt8]? {
        guard !text.contains("+"), !text.contains("/") else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return decoded(plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}

extension Array<UInt8> {
    /// Lower-case hexadecimal digits.
    var hexadecimal: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// nil where the digits are none, or an odd number of them.
    init?(hexadecimal text: some StringProtocol) {
        var (bytes, high) = ([UInt8](), UInt8?.none)
        for digit in text.unicodeScalars {
            guard let value = Character(digit).hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        guard high == nil else { return nil }
        self = bytes
    }
}
