/// Git's packet lines: four hexadecimal digits of length, themselves included, then the payload (gitprotocol-common).
enum PacketLine {
    static func encoded(_ payload: String) -> [UInt8] {
        let digits = String(payload.utf8.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - digits.count) + digits + payload).utf8)
    }

    /// The length that four digits state; nil where they are none.
    static func length(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.count == 4 ? Int(String(decoding: digits, as: UTF8.self), radix: 16) : nil
    }

    /// The payload of the first packet, as text; nil where there is no whole one.
    static func first(of bytes: [UInt8]) -> String? {
        guard let length = length(bytes.prefix(4)), length >= 4, bytes.count >= length else { return nil }
        return String(decoding: bytes[4..<length], as: UTF8.self)
    }

    /// The payloads of all packets as text, without the line feeds at their ends; nil where one is broken.
    static func payloads(of bytes: [UInt8]) -> [String]? {
        var (payloads, rest) = ([String](), bytes[...])
        while !rest.isEmpty {
            guard let length = length(rest.prefix(4)), rest.count >= max(length, 4) else { return nil }
            if length >= 4 {
                var payload = rest.dropFirst(4).prefix(length - 4)
                if payload.last == UInt8(ascii: "\n") { payload.removeLast() }
                payloads.append(String(decoding: payload, as: UTF8.self))
            }
            // Lengths below 4 are flush, delimiter and response end.
            rest = rest.dropFirst(max(length, 4))
        }
        return payloads
    }
}

/// Inverts one byte of the pack in a response that passes by in pieces.
///
/// The pack travels in packets whose payload starts with the side band's number 1 (gitprotocol-pack); other packets pass
/// as they are.
struct PackCorrupter {
    private static let packBand: UInt8 = 1

    private let target: Int
    private var packOffset = 0
    private var header: [UInt8] = []
    private var remaining = 0
    private var band: UInt8?

    init(target: Int) { self.target = target }

    mutating func apply(to bytes: inout [UInt8]) {
        for index in bytes.indices {
            guard remaining > 0 else {
                header.append(bytes[index])
                if header.count == 4 {
                    // Lengths 0 to 2 are flush, delimiter and response end, which have no payload.
                    remaining = max((PacketLine.length(header[...]) ?? 0) - 4, 0)
                    header = []
                    band = nil
                }
                continue
            }
            remaining -= 1
            guard let band else {
                self.band = bytes[index]
                continue
            }
            if band == Self.packBand {
                if packOffset == target { bytes[index] = ~bytes[index] }
                packOffset += 1
            }
        }
    }
}
