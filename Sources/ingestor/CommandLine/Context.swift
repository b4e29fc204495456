import Events
import Glibc
import Logging

/// What a command is carried out with: for this process, or for another one.
struct Context: Sendable {
    let output: Output
    let options: GlobalOptions
    let settings: Settings
    let data: DataDirectory
    /// Where relative paths begin: the directory of whoever asked.
    let workingDirectory: [UInt8]
    /// Arguments as they were given, for a command that is handed to another process.
    let arguments: [[UInt8]]
    /// It is carried out for another process, whose standard input is not at hand.
    var isForAnother = false
    /// Reads the settings once more; nil where they are not this process's own.
    var rereadSettings: (@Sendable () -> ResolvedSettings)?

    /// For whoever looks into what happens: static messages, values beside them.
    var logger: Logger {
        Logger(label: "ingestor") { _ in OutputLogHandler(output: output) }
    }

    var json: Bool { options.json }
    var style: Style { output.style }

    /// The present moment.
    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// A path of this machine, seen from where whoever asked is.
    func absolute(_ path: [UInt8]) -> [UInt8] {
        guard path.first != UInt8(ascii: "/") else { return path }
        return workingDirectory + [UInt8(ascii: "/")] + path
    }

    /// The same for paths that have to be text.
    ///
    /// - Throws: ``CommandError`` (usage) for what is not UTF-8.
    func absoluteText(_ path: ByteArgument) throws(CommandError) -> String {
        guard let text = String(validating: absolute(path.bytes), as: UTF8.self) else {
            throw CommandError.usage("\(path.shown): this path has to be UTF-8")
        }
        return text
    }
}

/// Facts about this process.
enum ThisProcess {
    static func workingDirectory() -> [UInt8] {
        guard let pointer = getcwd(nil, 0) else { return [UInt8(ascii: "/")] }
        defer { free(pointer) }
        return UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) }
    }

    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    /// What the terminals of this process can show.
    static func outputMode(_ environment: [String: String], isQuiet: Bool) -> OutputMode {
        let hasNoColor = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        var size = winsize()
        let isSized =
            ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 || ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return OutputMode(
            resultsAreTerminal: isatty(STDOUT_FILENO) == 1, messagesAreTerminal: isatty(STDERR_FILENO) == 1,
            usesColor: !hasNoColor, width: isSized && size.ws_col > 0 ? Int(size.ws_col) : 80, isQuiet: isQuiet)
    }

    /// Differs from boot to boot, and is the same as long as the machine runs.
    static func bootID() throws -> [UInt8] { try FileSystem.read("/proc/sys/kernel/random/boot_id", limit: 256) }
}
