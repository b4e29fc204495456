/// JSON that keeps the order of its keys and prints 64-bit integers as numbers.
public indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])

    public static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    /// A count or a size.
    public static func count(_ value: some BinaryInteger) -> JSONValue { .uint(UInt64(value)) }

    /// A position, or null.
    public static func position(_ value: LogPosition?) -> JSONValue { value.map { .uint($0.rawValue) } ?? .null }

    /// RFC 3339, or null.
    public static func time(_ value: Timestamp?) -> JSONValue { value.map { .string($0.rfc3339) } ?? .null }

    /// Lower-case hex, or null.
    public static func hash(_ value: SHA1Hash?) -> JSONValue { value.map { .string($0.hex) } ?? .null }

    /// Lower-case hex, or null.
    public static func hash(_ value: SHA256Hash?) -> JSONValue { value.map { .string($0.hex) } ?? .null }

    /// The fields of bytes that are meant as text: `key` with U+FFFD for what is not UTF-8, and then the bytes themselves
    /// in `keyBase64`.
    public static func fields(_ key: String, bytes: [UInt8]) -> [(String, JSONValue)] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return [
                (key, .string(String(decoding: bytes, as: UTF8.self))), (key + "Base64", .string(Base64.encode(bytes))),
            ]
        }
        return [(key, .string(text))]
    }

    /// Compact JSON on one line.
    public var text: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .int(let value): output += String(value)
        case .uint(let value): output += String(value)
        case .double(let value): output += value.isFinite ? String(value) : "null"
        case .string(let value): Self.write(value, to: &output)
        case .array(let values):
            output += "["
            for (index, value) in values.enumerated() {
                if index > 0 { output += "," }
                value.write(to: &output)
            }
            output += "]"
        case .object(let fields):
            output += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { output += "," }
                Self.write(field.0, to: &output)
                output += ":"
                field.1.write(to: &output)
            }
            output += "}"
        }
    }

    private static func write(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            // Control characters have to be escaped (RFC 8259, section 7); DEL and C1 would upset terminals.
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

/// Base 64 with padding (RFC 4648, section 4).
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for index in 0..<3 { bits = bits << 8 | UInt32(index < group.count ? group[start + index] : 0) }
            for index in 0..<4 {
                let digit = alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]
                text.append(index <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
