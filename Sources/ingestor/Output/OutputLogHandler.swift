import Events
import Logging

/// Log lines among a command's messages: time, level, message, values. For people on a terminal; elsewhere a JSON object a line.
struct OutputLogHandler: LogHandler {
    let output: Output
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(output: Output, logLevel: Logger.Level) {
        self.output = output
        self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        guard output.mode.messagesAreTerminal else {
            let fields: [(String, JSONValue)] = [
                ("at", .time(Context.now())), ("level", .string("\(event.level)")),
                ("message", .string("\(event.message)")),
            ]
            return output.problem(
                JSONValue.object(fields + values.map { ($0.key, .string("\($0.value)")) }).text)
        }
        let text = values.map { " \($0.key)=\(Printable.text("\($0.value)"))" }.joined()
        output.problem("\(Context.now().rfc3339) \(event.level) \(event.message)\(text)")
    }
}

extension LogLevel {
    var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
