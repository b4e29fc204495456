import Events
import Logging

/// Log lines among a command's messages: time, level, message, values; as text, or as a JSON object a line.
struct OutputLogHandler: LogHandler {
    let output: Output
    var metadata: Logger.Metadata = [:]
    /// Set by whoever wants another level than the output's.
    private var ownLevel: Logger.Level?

    init(output: Output) { self.output = output }

    /// The output's level may change while loggers are at work.
    var logLevel: Logger.Level {
        get { ownLevel ?? output.logging.level.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Context.now().rfc3339
        switch output.logging.format {
        case .json:
            let fields: [(String, JSONValue)] = [
                ("time", .string(time)), ("level", .string(event.level.rawValue)),
                ("message", .string(event.message.description)),
            ]
            output.problem(JSONValue.object(fields + values.map { ($0.key, .string("\($0.value)")) }).text)
        case .text, .automatic:
            let text = values.map { " \($0.key)=\(Printable.text("\($0.value)"))" }.joined()
            output.problem("\(time) \(event.level) \(event.message)\(text)")
        }
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
