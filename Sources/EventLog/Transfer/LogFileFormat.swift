public import Events

/// The form of a log in a file.
public enum LogFileFormat: String, Sendable, CaseIterable {
    /// A line of JSON a record, its bytes in base 64 beside its readable form.
    case ndjson
    /// Messages of `events.proto` (`LogFrame`), each with its length before it as a varint.
    case protobuf
}

/// The lines and frames of a log in a file.
///
/// | NDJSON | fields |
/// |---|---|
/// | first line | `format`: `ingestor log`, `version`: 1, `from`: position of the first record |
/// | a record | `position`, what `ingestor log --json` shows, `record`: header and payloads in base 64 |
/// | last line | `end`: true, `events`, `size`: position after the last record, `root`: of the tree over the log up to there |
///
/// Each line ends in the field `check`: the first 16 hex digits of the SHA-256 of the line up to the comma before it.
enum LogLine {
    static let format = "ingestor log"
    static let version: UInt64 = 1
    static let recordMark = ",\"record\":\""
    static let checkMark = ",\"check\":\""

    /// The text of the fields, its check behind them.
    static func text(_ fields: [(String, JSONValue)], hasher: inout SHA256Hasher) -> [UInt8] {
        var line = Array(JSONValue.object(fields).text.utf8)
        line.removeLast()
        let check = hasher.hash(line).hex.prefix(16)
        line += Array("\(checkMark)\(check)\"}\n".utf8)
        return line
    }
}

/// Writes a log as a file: the bytes come out of each call, in their order.
public struct LogFileEncoder: ~Copyable {
    private let format: LogFileFormat
    private var hasher = SHA256Hasher()
    private var count: UInt64 = 0

    public init(_ format: LogFileFormat) { self.format = format }

    /// How the file begins.
    public mutating func start(from position: LogPosition) -> [UInt8] {
        switch format {
        case .protobuf: Self.framed(.start(from: position))
        case .ndjson:
            LogLine.text(
                [
                    ("format", .string(LogLine.format)), ("version", .uint(LogLine.version)),
                    ("from", .position(position)),
                ], hasher: &hasher)
        }
    }

    /// A record.
    ///
    /// - Parameter readable: what to show of it to people, where the format has room for it.
    public mutating func record(
        _ record: [UInt8], at position: LogPosition, readable: () throws -> [(String, JSONValue)]
    ) rethrows -> [UInt8] {
        count += 1
        switch format {
        case .protobuf: return Self.framed(.record(position, record))
        case .ndjson:
            var fields: [(String, JSONValue)] = [("position", .position(position))]
            fields += try readable().filter { $0.0 != "position" && $0.0 != "record" }
            fields.append(("record", .string(Base64.encode(record))))
            return LogLine.text(fields, hasher: &hasher)
        }
    }

    /// How the file ends: without it, it is cut.
    public mutating func end(_ head: TreeHead) -> [UInt8] {
        switch format {
        case .protobuf: Self.framed(.end(size: head.size, root: head.root))
        case .ndjson:
            LogLine.text(
                [
                    ("end", .bool(true)), ("events", .uint(count)), ("size", .uint(head.size)),
                    ("root", .hash(head.root)),
                ], hasher: &hasher)
        }
    }

    private static func framed(_ frame: LogFrame) -> [UInt8] {
        let message = frame.encode()
        var bytes: [UInt8] = []
        bytes.append(varint: message.count)
        return bytes + message
    }
}
