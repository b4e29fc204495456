import ArgumentParser

/// What every command takes.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(
        name: .long, help: .init("Where everything is kept (INGESTOR_DATA; default ./ingestor-data).", valueName: "dir")
    )
    var data: String?

    @Option(
        name: .long,
        help: .init(
            "Settings as YAML (INGESTOR_CONFIG); flags and INGESTOR_… variables come before it.", valueName: "file"))
    var config: String?

    @Option(name: .long, help: .init("Whose sources and content.", valueName: "name"))
    var tenant: String = GlobalOptions.defaultTenant

    @Flag(name: .long, help: "Results as JSON, one object a line.")
    var json = false

    @Flag(name: .long, help: "No progress and no notes on standard error.")
    var quiet = false

    @Option(
        name: .long,
        help: .init(
            "trace, debug, info, notice, warning, error (INGESTOR_LOG_LEVEL; default warning).", valueName: "level"))
    var logLevel: LogLevel?

    /// Settings that are given by these.
    var flags: [SettingKey: String] {
        var flags: [SettingKey: String] = [:]
        flags[.data] = data
        flags[.logLevel] = logLevel?.rawValue
        return flags
    }

    /// Options of this group, for those who write them before the command. True: a value follows.
    static let names: [String: Bool] = [
        "--data": true, "--config": true, "--tenant": true, "--json": false, "--quiet": false, "--log-level": true,
    ]

    static let defaultTenant = "default"
    /// Limit of a tenant's name in bytes.
    static let maximumTenantNameByteCount = 128

    mutating func validate() throws { try Self.checkName(tenant, "A tenant's name", isRequired: true) }

    /// - Throws: `ValidationError` for what is no name.
    static func checkName(_ name: String, _ what: String, isRequired: Bool) throws {
        guard !name.isEmpty || !isRequired, name.utf8.count <= maximumTenantNameByteCount,
            !name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else {
            throw ValidationError(
                "\(what) has \(isRequired ? 1 : 0) to \(maximumTenantNameByteCount) bytes, none of them control characters."
            )
        }
    }
}

/// What read commands take besides.
struct ReadOptions: ParsableArguments, Sendable {
    @Option(
        name: .long, help: .init("Read a state that `replay --into` made instead of the live one.", valueName: "dir"))
    var state: String?
}

/// How log lines are written.
enum LogFormat: String, CaseIterable, Sendable {
    /// Text on a terminal, JSON elsewhere.
    case automatic = "auto"
    case text
    case json
}

enum LogLevel: String, CaseIterable, ExpressibleByArgument, Sendable {
    case trace, debug, info, notice, warning, error
}

/// An argument as the bytes that it is.
struct ByteArgument: ExpressibleByArgument, Sendable, Hashable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
    init?(argument: String) {
        bytes = RawArgument.bytes(argument)
        if bytes.isEmpty { return nil }
    }

    /// For messages.
    var shown: String { Printable.source(bytes) }
    /// For paths of this machine, which the rest of the program takes as text.
    var text: String? { String(validating: bytes, as: UTF8.self) }
}
