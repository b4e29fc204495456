import OpenSSL

/// What an object of Git is.
enum ObjectKind: String, Sendable {
    case blob, tree, commit, tag
}

/// An object's kind and content.
struct StoredObject: Sendable {
    var kind: ObjectKind
    var content: [UInt8]
}

/// An object in a file of its own (gitformat-loose), in a zlib stream (RFC 1950) of stored blocks: valid to git, and
/// written and read without a process or a library.
enum LooseObject {
    private static let zlibHeader: [UInt8] = [0x78, 0x01]
    /// Longest stored block (RFC 1951, 3.2.4).
    private static let blockLimitBytes = 65_535

    /// The object's id, in hexadecimal digits.
    static func id(_ object: StoredObject) -> String {
        var digest = Digest(.sha1)
        digest.update(header(object))
        digest.update(object.content)
        return digest.finish().hexadecimal
    }

    private static func header(_ object: StoredObject) -> [UInt8] {
        Array("\(object.kind.rawValue) \(object.content.count)\0".utf8)
    }

    // MARK: Encoding

    static func encoded(_ object: StoredObject) -> [UInt8] {
        let plain = header(object) + object.content
        var bytes = zlibHeader
        bytes.reserveCapacity(plain.count + plain.count / blockLimitBytes * 5 + 16)
        var rest = plain[...]
        repeat {
            let block = rest.prefix(blockLimitBytes)
            rest = rest.dropFirst(block.count)
            bytes.append(rest.isEmpty ? 1 : 0)
            for length in [UInt16(block.count), ~UInt16(block.count)] {
                bytes += [UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
            }
            bytes += block
        } while !rest.isEmpty
        let sum = adler32(plain)
        return bytes + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
    }

    /// nil where the bytes are compressed, as git's own are.
    static func decoded(_ bytes: [UInt8]) -> StoredObject? {
        guard bytes.starts(with: zlibHeader) else { return nil }
        var (plain, position, isLast) = ([UInt8](), 2, false)
        while !isLast {
            guard bytes.count >= position + 5, bytes[position] & 0x06 == 0 else { return nil }
            isLast = bytes[position] & 1 == 1
            let length = Int(bytes[position + 1]) | Int(bytes[position + 2]) << 8
            position += 5
            guard bytes.count >= position + length else { return nil }
            plain += bytes[position..<(position + length)]
            position += length
        }
        guard let end = plain.firstIndex(of: 0) else { return nil }
        let words = plain[..<end].split(separator: UInt8(ascii: " "))
        guard let name = words.first, let kind = ObjectKind(rawValue: String(decoding: name, as: UTF8.self)) else {
            return nil
        }
        return StoredObject(kind: kind, content: Array(plain[(end + 1)...]))
    }

    /// RFC 1950's checksum; sums are reduced every 5,552 bytes, the most that cannot overflow 32 bits.
    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                let end = min(position + 5552, bytes.count)
                while position < end {
                    low &+= UInt32(bytes[position])
                    high &+= low
                    position += 1
                }
                low %= 65_521
                high %= 65_521
            }
        }
        return high << 16 | low
    }
}
