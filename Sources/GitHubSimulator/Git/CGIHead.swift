/// The head that a CGI program (RFC 3875) writes before its body.
struct CGIHead {
    /// Longest head accepted; `git http-backend` writes under 1 KiB.
    static let limitBytes = 65_536

    var status = 200
    var headers: [(name: String, value: String)] = []

    /// Reads a head and what came with it of the body.
    static func read(from output: Descriptor) async throws -> (head: CGIHead, body: [UInt8]) {
        var bytes: [UInt8] = []
        while bytes.count < limitBytes {
            let more = try await output.read(upTo: GitCommand.chunkBytes)
            if more.isEmpty { break }
            bytes += more
            if let parsed = parse(bytes) { return parsed }
        }
        throw SimulatorError(code: .malformed, message: "the CGI program ended without a head")
    }

    /// nil while the empty line that ends the head is missing.
    static func parse(_ bytes: [UInt8]) -> (head: CGIHead, body: [UInt8])? {
        var head = CGIHead()
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self).trimmingCarriageReturn()
            rest = rest[(end + 1)...]
            if line.isEmpty { return (head, Array(rest)) }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            if line[..<colon].lowercased() == "status" {
                head.status = Int(value.prefix { $0.isNumber }) ?? 500
            } else {
                head.headers.append((String(line[..<colon]), String(value)))
            }
        }
        return nil
    }
}

extension String {
    fileprivate func trimmingCarriageReturn() -> String {
        unicodeScalars.last == "\r" ? String(unicodeScalars.dropLast()) : self
    }
}
