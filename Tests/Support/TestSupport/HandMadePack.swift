import OpenSSL

/// A pack of objects that nobody has to have: what a server sends that lies. Streams are stored and not compressed, so that a byte
/// of an object is a byte of the pack.
public struct HandMadePack: Sendable {
    private var body: [UInt8] = []
    private var count: UInt32 = 0

    public init() {}

    /// - Parameter type: 1 commit, 2 tree, 3 blob, 4 tag.
    public mutating func add(type: UInt8, _ content: [UInt8]) { append(type, content, reference: []) }

    /// A difference from an object that is named by its id.
    public mutating func addDelta(over base: [UInt8], _ delta: [UInt8]) { append(7, delta, reference: base) }

    /// A difference from the object that begins so many bytes before.
    public mutating func addDelta(back distance: UInt8, _ delta: [UInt8]) {
        append(6, delta, reference: [distance & 0x7f])
    }

    /// The pack with its trailer.
    public var bytes: [UInt8] {
        let pack = Array("PACK".utf8) + [0, 0, 0, 2] + Self.bigEndian(count) + body
        return pack + Digest.hash(.sha1, pack)
    }

    /// The answer of a server to a request for it, as one packet of the first side band.
    public var fetchAnswer: [UInt8] {
        func packet(_ payload: [UInt8]) -> [UInt8] {
            let digits = String(payload.count + 4, radix: 16)
            return Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + payload
        }
        return packet(Array("packfile\n".utf8)) + packet([1] + bytes) + Array("0000".utf8)
    }

    /// The id of an object.
    public static func id(_ kind: String, _ content: [UInt8]) -> [UInt8] {
        Digest.hash(.sha1, Array("\(kind) \(content.count)\0".utf8) + content)
    }

    private mutating func append(_ type: UInt8, _ content: [UInt8], reference: [UInt8]) {
        var rest = content.count >> 4
        body.append(type << 4 | UInt8(content.count & 15) | (rest > 0 ? 0x80 : 0))
        while rest > 0 {
            body.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        }
        body += reference + Self.stored(content)
        count += 1
    }

    /// A zlib stream (RFC 1950) of one stored block.
    private static func stored(_ content: [UInt8]) -> [UInt8] {
        precondition(content.count <= Int(UInt16.max), "an object of a hand-made pack is at most one stored block")
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        let length = [UInt8(content.count & 255), UInt8(content.count >> 8)]
        return [0x78, 0x01, 0x01] + length + length.map { ~$0 } + content + bigEndian(b << 16 | a)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
    }
}
