/// One packet of Git's wire protocol. The bytes are valid during the call that lends them.
enum Packet {
    case flush
    case delimiter
    case responseEnd
    case data(UnsafeRawBufferPointer)

    /// Longest packet with its four digits (gitprotocol-common).
    static let maxBytes = 65520
}

/// Takes a byte stream apart into packets, however it is cut into pieces.
struct PacketReader {
    enum Failure: Error, Hashable {
        /// The length is not four hex digits, or one that has no meaning.
        case badLength([UInt8])

        var words: String {
            switch self {
            case .badLength(let bytes):
                "'\(String(decoding: bytes, as: UTF8.self))' stands where a packet's length should"
            }
        }
    }

    private var pending: [UInt8] = []

    /// Whether the stream stands between two packets.
    var isBetweenPackets: Bool { pending.isEmpty }

    /// Takes in the next piece and gives out each packet that is complete.
    mutating func feed(_ piece: UnsafeRawBufferPointer, _ handle: (Packet) throws -> Void) throws {
        var rest = piece
        while !rest.isEmpty {
            if pending.isEmpty {
                // The common case: the packet lies whole in the piece and is not copied.
                if rest.count >= 4 {
                    let length = try Self.length(UnsafeRawBufferPointer(rebasing: rest[..<4]))
                    let end = max(length, 4)
                    if rest.count >= end {
                        try handle(Self.packet(length, UnsafeRawBufferPointer(rebasing: rest[4..<end])))
                        rest = UnsafeRawBufferPointer(rebasing: rest[end...])
                        continue
                    }
                }
                pending.append(contentsOf: rest)
                return
            }
            let missingDigits = 4 - pending.count
            if missingDigits > 0 {
                pending.append(contentsOf: rest.prefix(missingDigits))
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(missingDigits))
                if pending.count < 4 { return }
            }
            let length = try pending.withUnsafeBytes { try Self.length($0) }
            let missing = max(length, 4) - pending.count
            pending.append(contentsOf: rest.prefix(missing))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(missing))
            guard pending.count >= max(length, 4) else { return }
            let packet = pending
            pending.removeAll(keepingCapacity: true)
            try packet.withUnsafeBytes { bytes in
                try handle(Self.packet(length, UnsafeRawBufferPointer(rebasing: bytes[4...])))
            }
        }
    }

    private static func packet(_ length: Int, _ payload: UnsafeRawBufferPointer) -> Packet {
        switch length {
        case 0: .flush
        case 1: .delimiter
        case 2: .responseEnd
        default: .data(payload)
        }
    }

    private static func length(_ digits: UnsafeRawBufferPointer) throws(Failure) -> Int {
        var length = 0
        for digit in digits.prefix(4) {
            guard let value = hexValue(digit) else { throw .badLength(Array(digits.prefix(4))) }
            length = length << 4 | Int(value)
        }
        guard length != 3, length <= Packet.maxBytes else { throw .badLength(Array(digits.prefix(4))) }
        return length
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes without one line feed at their end.
    var withoutLineEnd: UnsafeRawBufferPointer {
        last == UInt8(ascii: "\n") ? UnsafeRawBufferPointer(rebasing: dropLast()) : self
    }

    /// What follows a word at the beginning; nil where it does not begin so.
    func dropping(_ prefix: StaticString) -> UnsafeRawBufferPointer? {
        let length = prefix.utf8CodeUnitCount
        let word = UnsafeRawBufferPointer(start: prefix.utf8Start, count: length)
        guard count >= length, self.prefix(length).elementsEqual(word) else { return nil }
        return UnsafeRawBufferPointer(rebasing: dropFirst(length))
    }

    /// The bytes as text for people, without control characters. Not cut (a packet has its own limit): whoever shows it takes
    /// secrets out first, and a cut would leave the beginning of one.
    var words: String {
        String(
            String(decoding: self, as: UTF8.self).unicodeScalars
                .map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
