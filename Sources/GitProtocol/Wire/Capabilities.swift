/// What a server offers in protocol version 2.
public struct Capabilities: Hashable, Sendable {
    /// Every capability with its value, "" where it has none.
    public let values: [String: String]

    init(values: [String: String]) {
        self.values = values
    }

    /// The server's name and version, as it tells them.
    public var agent: String? { values["agent"] }
    /// `deepen` and `shallow` may be sent.
    public var hasShallow: Bool { features(of: "fetch").contains("shallow") }
    /// `filter` may be sent.
    public var hasFilter: Bool { features(of: "fetch").contains("filter") }
    /// `unborn` may be sent: an empty repository tells its default branch.
    public var hasUnborn: Bool { features(of: "ls-refs").contains("unborn") }

    /// The words behind a command's name.
    func features(of command: String) -> [Substring] {
        values[command]?.split(separator: " ") ?? []
    }

    /// The capabilities that each request repeats.
    var requestLines: [String] {
        var lines: [String] = []
        if values["agent"] != nil { lines.append("agent=ingestor") }
        if values["object-format"] != nil { lines.append("object-format=sha1") }
        return lines
    }
}

/// Reads the answer to `info/refs`.
struct AdvertisementParser {
    private var reader = PacketReader()
    private var values: [String: String] = [:]
    private var hasVersion = false
    private var isComplete = false
    private var isBehindService = false

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws {
        // Taken out, because the handler changes the rest of this value.
        var reader = PacketReader()
        swap(&reader, &self.reader)
        defer { swap(&reader, &self.reader) }
        do {
            try reader.feed(bytes) { try take($0) }
        } catch let error as PacketReader.Failure {
            throw RemoteError(.notGit, "the answer is not that of a Git server: \(error.words)")
        }
    }

    func finish() throws(RemoteError) -> Capabilities {
        guard isComplete else { throw .truncated }
        guard values["object-format"] ?? "sha1" == "sha1" else { throw Self.sha256 }
        guard values["ls-refs"] != nil, values["fetch"] != nil else {
            throw RemoteError(.capabilityMissing, "the server does not offer ls-refs and fetch")
        }
        return Capabilities(values: values)
    }

    private mutating func take(_ packet: Packet) throws(RemoteError) {
        switch packet {
        case .flush where isBehindService && !hasVersion: isBehindService = false
        case .flush where hasVersion && !isComplete: isComplete = true
        case .data(let bytes) where !isComplete: try take(bytes.withoutLineEnd)
        default: throw .malformed("an unexpected packet in the capabilities")
        }
    }

    private mutating func take(_ line: UnsafeRawBufferPointer) throws(RemoteError) {
        if let error = line.dropping("ERR ") { throw RemoteError(errorPacket: error) }
        if !hasVersion {
            if line.elementsEqual("# service=git-upload-pack".utf8) {
                isBehindService = true
            } else if line.elementsEqual("version 2".utf8) {
                hasVersion = true
            } else {
                // Version 1 says so; version 0 begins with the first ref, or zeros where there is none.
                if line.count >= 64, ObjectID(hex: line.prefix(40)) != nil, ObjectID(hex: line[24..<64]) != nil {
                    throw Self.sha256
                }
                let isOld = line.elementsEqual("version 1".utf8) || ObjectID(hex: line.prefix(40)) != nil
                throw isOld
                    ? Self.tooOld
                    : RemoteError(.notGit, "the answer is not that of a Git server: check the URL")
            }
            return
        }
        let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard values.count < Self.maxCapabilities, let name = parts.first else {
            throw .malformed("too many capabilities")
        }
        values[String(decoding: name, as: UTF8.self)] =
            parts.count == 2 ? String(decoding: parts[1], as: UTF8.self) : ""
    }

    static let tooOld = RemoteError(
        .protocolTooOld,
        "the server answers in an old version of Git's protocol; version 2 is needed: update Git on the server "
            + "(2.18 or later), or let its web server hand the Git-Protocol header on as GIT_PROTOCOL")
    private static let sha256 = RemoteError(
        .sha256Repository, "the repository names its objects by SHA-256, which is not supported: only SHA-1 is")
    /// Servers list about ten.
    private static let maxCapabilities = 1000
}
