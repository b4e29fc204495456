import Events
import Synchronization

/// What the reader of the output can show.
struct OutputMode: Sendable, Equatable {
    var resultsAreTerminal = false
    var messagesAreTerminal = false
    var usesColor = false
    /// Columns of the terminal.
    var width = 80
    var isQuiet = false
}

/// Takes everything that a command says. Results go to one stream, all else to the other. A command may be carried out for
/// another process, so it never prints.
final class Output: Sendable {
    let mode: OutputMode
    private let sink: any OutputSink
    private let state = Mutex(State())

    private struct State {
        var buffer: [UInt8] = []
        var progress = ""
        var progressAt: ContinuousClock.Instant?
        var meter = ProgressMeter()
        var logging = LoggingStyle()
    }

    /// What is logged, and how.
    struct LoggingStyle: Sendable, Equatable {
        var level = LogLevel.warning
        var format = LogFormat.text
    }

    /// Results are handed on in pieces of about this size.
    private static let bufferByteCount = 64 << 10
    /// A progress line is drawn at most so often.
    private static let progressInterval = Duration.milliseconds(100)

    init(mode: OutputMode, sink: any OutputSink) {
        self.mode = mode
        self.sink = sink
    }

    /// Colours and weights for results.
    var style: Style { Style(isOn: mode.usesColor && mode.resultsAreTerminal) }

    // MARK: Results

    /// Adds bytes to the results.
    func write(_ bytes: some Collection<UInt8>) throws(OutputClosed) {
        let full = state.withLock { state -> [UInt8]? in
            state.buffer.append(contentsOf: bytes)
            guard state.buffer.count >= Self.bufferByteCount else { return nil }
            defer { state.buffer = [] }
            return state.buffer
        }
        if let full { try send(full) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(OutputClosed) { try write(Array(bytes)) }

    /// A line of text.
    func line(_ text: String = "") throws(OutputClosed) { try write(Array((text + "\n").utf8)) }

    /// A line of JSON.
    func json(_ value: JSONValue) throws(OutputClosed) { try line(value.text) }

    /// A line of JSON.
    func json(_ fields: [(String, JSONValue)]) throws(OutputClosed) { try json(.object(fields)) }

    /// Everything so far is on its way.
    func flush() throws(OutputClosed) {
        let rest = state.withLock { state in
            defer { state.buffer = [] }
            return state.buffer
        }
        if !rest.isEmpty { try send(rest) }
    }

    private func send(_ bytes: [UInt8]) throws(OutputClosed) {
        if mode.resultsAreTerminal { clearProgress() }
        try sink.write(bytes, to: .results)
    }

    // MARK: Messages

    /// What is logged, and how, as of now.
    var logging: LoggingStyle { state.withLock { $0.logging } }

    func log(from level: LogLevel, as format: LogFormat) {
        let format = format == .automatic ? (mode.messagesAreTerminal ? .text : .json) : format
        state.withLock { $0.logging = LoggingStyle(level: level, format: format) }
    }

    /// Something worth knowing that is no result; left out with `--quiet`.
    func note(_ text: String) { if !mode.isQuiet { message(text) } }

    /// Something that is wrong.
    func problem(_ text: String) { message(text) }

    /// What another process says, bytes as they are.
    func forward(messages bytes: [UInt8]) {
        do {
            try sink.write(bytes, to: .messages)
        } catch {
            // As with messages of our own: nobody listens to them any more, and the command goes on.
        }
    }

    private func message(_ text: String) {
        clearProgress()
        send(message: text + "\n")
    }

    // MARK: Progress

    /// Shows how far a command is, on a terminal only, in a line that the next one replaces.
    func progress(_ text: @autoclosure () -> String) {
        guard mode.messagesAreTerminal, !mode.isQuiet else { return }
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if let last = state.progressAt, now - last < Self.progressInterval { return false }
            state.progressAt = now
            return true
        }
        guard isDue else { return }
        let line = String(text().prefix(max(10, mode.width - 1)))
        state.withLock { $0.progress = line }
        send(message: "\r\u{1B}[K\(line)")
    }

    /// Whether anybody sees progress.
    var showsProgress: Bool { mode.messagesAreTerminal && !mode.isQuiet }

    /// The same with a bar, for what has a known end: what is done, how fast, and how long the rest will take.
    func progress(
        _ done: some BinaryInteger, of total: some BinaryInteger, _ label: String, _ unit: ProgressUnit = .count(""),
        more: String = ""
    ) {
        progress(line(label, Double(done), Double(total), unit, more))
    }

    private func line(_ label: String, _ done: Double, _ total: Double, _ unit: ProgressUnit, _ more: String) -> String
    {
        let pace = state.withLock { state in
            state.meter.text(label, done: done, total: total, now: .now) { unit.text($0) }
        }
        let parts = ["\(label) \(unit.amount(done, of: total))".trimmingEnd, more, pace]
        return ProgressBar.text(done: done, total: total) + "  "
            + parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// Takes the progress line away.
    func clearProgress() {
        let hadLine = state.withLock { state in
            defer {
                state.progress = ""
                state.progressAt = nil
            }
            return !state.progress.isEmpty
        }
        if hadLine { send(message: "\r\u{1B}[K") }
    }

    private func send(message: String) {
        do {
            try sink.write(RawArgument.bytes(message), to: .messages)
        } catch {
            // Nobody listens to messages any more. The command's results are what counts; it goes on.
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// Keeps what is written, for tests and for showing it later.
final class MemorySink: OutputSink {
    private let contents = Mutex<(results: [UInt8], messages: [UInt8])>(([], []))

    func write(_ bytes: [UInt8], to stream: OutputStream) throws(OutputClosed) {
        contents.withLock { contents in
            switch stream {
            case .results: contents.results += bytes
            case .messages: contents.messages += bytes
            }
        }
    }

    var results: [UInt8] { contents.withLock { $0.results } }
    var messages: [UInt8] { contents.withLock { $0.messages } }
}
