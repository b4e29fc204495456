import Events
import Glibc

/// Secrets that a test has planted, and the search for them in any form in which they could have been written.
struct PlantedSecrets {
    /// By their first two bytes.
    private var buckets = [[(name: String, bytes: [UInt8])]?](repeating: nil, count: 1 << 16)

    /// Shorter ones would be found by chance.
    private static let minimumByteCount = 8

    mutating func plant(_ name: String, _ secret: String) { plant(name, Array(secret.utf8)) }

    mutating func plant(_ name: String, _ secret: [UInt8]) {
        precondition(secret.count >= Self.minimumByteCount, "\(name) is too short to be searched for")
        add("\(name) as it is", secret)
        for shift in 0..<3 {
            let text = Self.base64(secret, shift: shift)
            add("\(name) in base64", text)
            let urlText = text.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            }
            if urlText != text { add("\(name) in base64url", urlText) }
        }
        let hex = Hex.encode(secret)
        add("\(name) in hex", Array(hex.utf8))
        add("\(name) in upper case hex", Array(hex.uppercased().utf8))
        let escaped = secret.flatMap { byte in
            Self.isUnreserved(byte) ? [byte] : Array("%\(Hex.encode([byte]).uppercased())".utf8)
        }
        if escaped != secret { add("\(name) percent-encoded", escaped) }
    }

    /// The names of those that are in `bytes`.
    func found(in bytes: [UInt8]) -> Set<String> {
        var found: Set<String> = []
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            var index = 0
            while index + 1 < bytes.count {
                let bucket = buckets[Int(bytes[index]) << 8 | Int(bytes[index + 1])]
                if let bucket {
                    for (name, needle) in bucket where index + needle.count <= bytes.count {
                        if memcmp(start + index, needle, needle.count) == 0 { found.insert(name) }
                    }
                }
                index += 1
            }
        }
        return found
    }

    private mutating func add(_ name: String, _ bytes: [UInt8]) {
        let bucket = Int(bytes[0]) << 8 | Int(bytes[1])
        buckets[bucket] = (buckets[bucket] ?? []) + [(name: name, bytes: bytes)]
    }

    /// What base 64 makes of a secret that begins `shift` bytes into a group of three, without the digits that hold
    /// something of its neighbours, too.
    private static func base64(_ secret: [UInt8], shift: Int) -> [UInt8] {
        let text = Array(Base64.encode([UInt8](repeating: 0, count: shift) + secret).utf8)
        let foreign = [0, 2, 3][shift]
        let partial = [0, 3, 2][(secret.count + shift) % 3]
        return Array(text.dropFirst(foreign).dropLast(partial))
    }

    /// RFC 3986, section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }
}
