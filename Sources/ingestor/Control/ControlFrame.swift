import Events

/// What goes over the control socket. A frame is its length (4 bytes, big-endian, of what follows), its kind (1 byte) and
/// its payload.
///
/// | kind | from | payload |
/// |---|---|---|
/// | 1 request | client | see ``ControlRequest`` |
/// | 2 started | holder | its process id and command: from here on the command is being carried out |
/// | 3 results | holder | bytes for standard output |
/// | 4 messages | holder | bytes for standard error |
/// | 5 ended | holder | exit status, 1 byte |
struct ControlFrame: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        case request = 1
        case started = 2
        case results = 3
        case messages = 4
        case ended = 5
    }

    var kind: Kind
    var payload: [UInt8]

    /// Limit of a frame's payload; arguments are limited to about as much by the system.
    static let maximumByteCount = 2 << 20
    /// Results are sent in pieces of at most this size.
    static let pieceByteCount = 64 << 10
}

/// A command that another process shall carry out as if it ran here.
struct ControlRequest: Sendable, Equatable {
    var arguments: [[UInt8]]
    var workingDirectory: [UInt8]
    var mode: OutputMode

    /// Version of the payload's layout.
    static let version: UInt8 = 1
    static let maximumArgumentCount = 65_536

    func encode() -> [UInt8] {
        var bytes: [UInt8] = [Self.version]
        let flags = [mode.resultsAreTerminal, mode.messagesAreTerminal, mode.usesColor, mode.isQuiet]
        bytes.append(flags.enumerated().reduce(UInt8(0)) { $0 | ($1.element ? 1 << UInt8($1.offset) : 0) })
        bytes.append(varint: mode.width)
        bytes.append(string: workingDirectory)
        bytes.append(varint: arguments.count)
        for argument in arguments { bytes.append(string: argument) }
        return bytes
    }

    init(arguments: [[UInt8]], workingDirectory: [UInt8], mode: OutputMode) {
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.mode = mode
    }

    /// - Throws: `DecodingFailure`.
    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes.span.bytes)
        let version = try reader.byte()
        guard version == Self.version else {
            throw DecodingFailure(
                "layout \(version) of a request is unknown: use one version of ingestor for both processes")
        }
        let flags = try reader.byte()
        mode = OutputMode(
            resultsAreTerminal: flags & 1 != 0, messagesAreTerminal: flags & 2 != 0, usesColor: flags & 4 != 0,
            width: try reader.count(atMost: 100_000), isQuiet: flags & 8 != 0)
        workingDirectory = try reader.string()
        let count = try reader.count(atMost: Self.maximumArgumentCount)
        arguments = []
        for _ in 0..<count { arguments.append(try reader.string()) }
        try reader.end()
    }
}
