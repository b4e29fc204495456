import Events

/// The key that wraps the tenants' keys: 32 bytes, base64 on one line.
enum MasterKey {
    static let byteCount = 32

    /// Makes a key from the system's randomness, readable by its owner alone.
    static func generate(at path: String) throws {
        var generator = SystemRandomNumberGenerator()
        let key = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try FileSystem.writeDurably(Array((Base64.encode(key) + "\n").utf8), to: path, mode: 0o600)
    }

    /// The key in a file.
    static func load(_ path: String) throws -> [UInt8] {
        let text = String(decoding: try FileSystem.read(path, limit: 4096), as: UTF8.self)
        guard let key = parse(String(text.prefix { !$0.isNewline })) else {
            throw CommandError("\(path) does not hold \(byteCount) bytes in base64: it is no master key, or damaged")
        }
        return key
    }

    /// The bytes of a key that somebody gave; nil where it is none.
    static func parse(_ text: String) -> [UInt8]? {
        Base64.decode(text).flatMap { $0.count == byteCount ? $0 : nil }
    }
}
