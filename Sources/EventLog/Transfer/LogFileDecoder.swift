public import Events

/// Reads a log in a file, frame by frame, and holds each against what the file says of it.
public struct LogFileDecoder: ~Copyable {
    /// The form, known after the first frame.
    public private(set) var format: LogFileFormat?
    private var source: () throws -> [UInt8]
    private var buffer: [UInt8] = []
    private var offset = 0
    private var isAtEnd = false
    private var number = 0
    private var next: LogPosition?
    private var hasher = SHA256Hasher()

    /// Limit of a line or frame in bytes: two payloads of the greatest length, as base 64 and readable.
    public static let maximumFrameByteCount = 512 << 20

    /// - Parameter source: the next bytes of the file each time; empty at its end.
    public init(_ source: @escaping () throws -> [UInt8]) { self.source = source }

    /// Where the frame stands that was read last.
    public var place: String { "\(format == .protobuf ? "frame" : "line") \(number)" }

    /// The next frame: a start, records without gaps, an end. Nothing follows the end; then nil.
    ///
    /// - Throws: ``LogTransferError``, and what the source throws.
    public mutating func frame() throws -> LogFrame? {
        if format == nil {
            try fill(1)
            guard let first = buffer.first else { throw failure(.cut, "the file is empty") }
            format = first == UInt8(ascii: "{") ? .ndjson : .protobuf
        }
        number += 1
        guard let bytes = try format == .protobuf ? message() : line() else { return nil }
        let frame: LogFrame
        do {
            frame = try format == .protobuf ? LogFrame(decoding: bytes) : readLine(bytes)
        } catch let error as DecodingFailure {
            throw failure(number == 1 ? .unknownFormat : .altered, error.reason)
        }
        try checkOrder(frame)
        return frame
    }

    private mutating func checkOrder(_ frame: LogFrame) throws {
        switch frame {
        case .start(let from):
            guard next == nil else { throw failure(.wrongOrder, "the file begins a second time") }
            next = from
        case .record(let position, _):
            guard let next else {
                throw failure(.unknownFormat, "the file does not say what it is: its beginning is missing")
            }
            guard position == next else {
                throw failure(.wrongOrder, "event \(position.rawValue) stands where \(next.rawValue) belongs")
            }
            self.next = next + 1
        case .end(let size, _):
            guard let next, next.rawValue == size else {
                throw failure(.cut, "the file ends with event \(size), and events are missing before that")
            }
            try fill(1)
            guard offset == buffer.count else { throw failure(.altered, "something follows the end") }
        }
    }

    // MARK: Bytes

    /// Has at least so many bytes at hand, unless the file ends before.
    private mutating func fill(_ count: Int) throws {
        while buffer.count - offset < count, !isAtEnd {
            let piece = try source()
            if piece.isEmpty { isAtEnd = true }
            if offset > 1 << 20 {
                buffer.removeFirst(offset)
                offset = 0
            }
            buffer += piece
        }
    }

    /// The bytes of the next message; nil at the end of the file.
    private mutating func message() throws -> [UInt8]? {
        try fill(10)
        guard offset < buffer.count else { return nil }
        var length = 0
        var shift = 0
        while true {
            guard offset < buffer.count else { throw failure(.cut, "the file is cut within this frame") }
            let byte = buffer[offset]
            offset += 1
            length |= Int(byte & 0x7f) << shift
            guard byte >= 0x80 else { break }
            shift += 7
            guard shift <= 28 else {
                throw failure(number == 1 ? .unknownFormat : .altered, "this is no length of a frame")
            }
        }
        guard length <= Self.maximumFrameByteCount else {
            throw failure(number == 1 ? .unknownFormat : .altered, "a frame of \(length) bytes is over the limit")
        }
        try fill(length)
        guard buffer.count - offset >= length else { throw failure(.cut, "the file is cut within this frame") }
        defer { offset += length }
        return Array(buffer[offset..<offset + length])
    }

    /// The next line without its newline; nil at the end of the file.
    private mutating func line() throws -> [UInt8]? {
        var searched = 0
        while true {
            if let end = buffer[(offset + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { offset = end + 1 }
                return Array(buffer[offset..<end])
            }
            searched = buffer.count - offset
            guard searched <= Self.maximumFrameByteCount else { throw failure(.altered, "the line is too long") }
            try fill(searched + 1)
            guard buffer.count - offset > searched else {
                if searched == 0 { return nil }
                throw failure(.cut, "the file is cut within this line")
            }
        }
    }

    // MARK: Lines

    private mutating func readLine(_ line: [UInt8]) throws -> LogFrame {
        let mark = Array(LogLine.checkMark.utf8)
        let tailCount = mark.count + 18
        guard line.count > tailCount, line.dropLast(18).suffix(mark.count).elementsEqual(mark),
            line.last == UInt8(ascii: "}")
        else {
            throw failure(
                number == 1 ? .unknownFormat : .altered,
                "this is no line of an exported log: it does not end in its check")
        }
        let body = Array(line.dropLast(tailCount))
        guard hasher.hash(body).hex.utf8.prefix(16).elementsEqual(line.dropLast(2).suffix(16)) else {
            throw failure(.altered, "the line was altered: it does not give its check")
        }
        if number == 1 { return try startLine(String(decoding: body, as: UTF8.self)) }
        if body.starts(with: Array("{\"end\":true,".utf8)) { return try endLine(String(decoding: body, as: UTF8.self)) }
        let recordMark = Array(LogLine.recordMark.utf8)
        guard let quote = body.dropLast().lastIndex(of: UInt8(ascii: "\"")), quote >= recordMark.count,
            body[...quote].suffix(recordMark.count).elementsEqual(recordMark), body.last == UInt8(ascii: "\""),
            let record = Base64.decode(String(decoding: body[(quote + 1)..<(body.count - 1)], as: UTF8.self)),
            let position = Self.number(after: "{\"position\":", in: body)
        else { throw failure(.altered, "the line has no position or no record") }
        return .record(LogPosition(position), record)
    }

    private func startLine(_ body: String) throws -> LogFrame {
        let begin = "{\"format\":\"\(LogLine.format)\",\"version\":"
        guard body.hasPrefix(begin), let version = Self.number(after: begin, in: Array(body.utf8)) else {
            throw failure(.unknownFormat, "the first line does not say that this is a log")
        }
        guard version == LogLine.version,
            let from = Self.number(after: "\(begin)\(version),\"from\":", in: Array(body.utf8))
        else {
            throw failure(
                .unknownFormat,
                "version \(version) of this format is unknown to this program: use the one that wrote it")
        }
        return .start(from: LogPosition(from))
    }

    private func endLine(_ body: String) throws -> LogFrame {
        let parts = body.split(separator: ",")
        guard parts.count == 4, let size = Self.number(after: "\"size\":", in: Array(parts[2].utf8)),
            parts[3].hasPrefix("\"root\":\""), let root = SHA256Hash(hex: parts[3].dropFirst(8).dropLast())
        else { throw failure(.altered, "the last line does not say what the log was") }
        return .end(size: size, root: root)
    }

    private static func number(after mark: String, in bytes: [UInt8]) -> UInt64? {
        guard bytes.starts(with: Array(mark.utf8)) else { return nil }
        let digits = bytes.dropFirst(mark.utf8.count).prefix { (48...57).contains($0) }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    private func failure(_ code: LogTransferError.Code, _ message: String) -> LogTransferError {
        LogTransferError(code, message, at: place)
    }
}
