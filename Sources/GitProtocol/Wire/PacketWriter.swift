/// Writes Git's packet lines (gitprotocol-common): four hex digits of length, themselves included, and the payload.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []

    mutating func line(_ text: String) {
        precondition(text.utf8.count < Packet.maxBytes - 5, "a packet line is too long")
        let length = text.utf8.count + 5
        for shift in [12, 8, 4, 0] { bytes.append(hexDigit(UInt8(length >> shift & 15))) }
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func flush() { bytes.append(contentsOf: "0000".utf8) }

    mutating func delimiter() { bytes.append(contentsOf: "0001".utf8) }
}
