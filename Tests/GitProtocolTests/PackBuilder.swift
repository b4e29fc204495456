import GitProtocol
import OpenSSL

/// Builds packs by hand, sound ones and others.
struct PackBuilder {
    private var body: [UInt8] = []
    private var count: UInt32 = 0

    /// Where the next object will begin.
    var offset: Int { 12 + body.count }

    mutating func add(type: UInt8, size: Int, base: [UInt8] = [], stream: [UInt8]) {
        var rest = size >> 4
        body.append(type << 4 | UInt8(size & 15) | (rest > 0 ? 0x80 : 0))
        while rest > 0 {
            body.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        }
        body += base + stream
        count += 1
    }

    mutating func add(_ kind: ObjectKind, _ content: [UInt8]) {
        add(type: kind.rawValue, size: content.count, stream: deflated(content))
    }

    mutating func addDelta(over base: ObjectID, _ delta: [UInt8]) {
        add(type: 7, size: delta.count, base: base.bytes, stream: deflated(delta))
    }

    mutating func addDelta(overOffset base: Int, _ delta: [UInt8]) {
        var distance = offset - base
        var bytes = [UInt8(distance & 0x7f)]
        distance >>= 7
        while distance > 0 {
            distance -= 1
            bytes.insert(UInt8(distance & 0x7f) | 0x80, at: 0)
            distance >>= 7
        }
        add(type: 6, size: delta.count, base: bytes, stream: deflated(delta))
    }

    func finish(declaring declared: UInt32? = nil) -> [UInt8] {
        let count = declared ?? count
        let header =
            Array("PACK".utf8) + [0, 0, 0, 2] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
        return header + body + Digest.hash(.sha1, header + body)
    }

    /// A size as deltas write it.
    static func size(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    /// A delta that makes `inserting` followed by all of a base of `baseSize` (below 64 KiB).
    static func delta(prepending inserting: [UInt8], to baseSize: Int) -> [UInt8] {
        size(baseSize) + size(baseSize + inserting.count) + [UInt8(inserting.count)] + inserting
            + [0x80 | 0x10 | 0x20, UInt8(baseSize & 0xff), UInt8(baseSize >> 8)]
    }
}

func objectID(_ kind: ObjectKind, _ content: [UInt8]) -> ObjectID {
    var hasher = ObjectHasher()
    return hasher.hash(kind, content)
}
