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
        return try parse(String(text.prefix { !$0.isNewline }), origin: path)
    }

    /// The bytes of a key that somebody gave.
    ///
    /// - Throws: ``CommandError`` that does not repeat the key.
    static func parse(_ text: String, origin: String) throws(CommandError) -> [UInt8] {
        guard let key = Base64.decode(text), key.count == byteCount else {
            throw CommandError.usage(
                "\(origin) has to be \(byteCount) bytes in base64: make one with `openssl rand -base64 32`")
        }
        return key
    }
}
