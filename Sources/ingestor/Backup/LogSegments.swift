import EventLog
import Events
import Glibc

/// Parts of a log in files.
enum LogSegments {
    /// Records are read in pieces of so many, so that no snapshot is held for long.
    private static let eventsPerPiece: UInt64 = 4096
    private static let flushByteCount = 1 << 20

    /// Calls `write` with the file of the events from `from` up to `end`.
    static func export(
        _ log: EventLog, from: UInt64, to end: UInt64, _ format: LogFileFormat,
        readable: (LogPosition, [UInt8]) throws -> [(String, JSONValue)], progress: (UInt64) throws -> Void = { _ in },
        write: ([UInt8]) throws -> Void
    ) throws -> TreeHead {
        let head = TreeHead(size: end, root: try log.read { try $0.root(size: end) })
        var encoder = LogFileEncoder(format)
        var buffer = encoder.start(from: LogPosition(from))
        var next = from
        while next < end {
            let upper = min(end, next + eventsPerPiece)
            var records: [[UInt8]] = []
            try log.read { snapshot in
                try snapshot.forEach(in: LogPosition(next)..<LogPosition(upper)) { _, record in
                    records.append(record.withUnsafeBytes { Array($0) })
                }
            }
            for record in records {
                let position = LogPosition(next)
                buffer += try encoder.record(record, at: position) { try readable(position, record) }
                next += 1
                if buffer.count >= flushByteCount {
                    try write(buffer)
                    buffer = []
                }
            }
            try progress(next)
        }
        buffer += encoder.end(head)
        try write(buffer)
        return head
    }

    /// The bytes of a file, piece by piece; standard input for `-`.
    static func source(_ path: String) throws -> () throws -> [UInt8] {
        let file = FileHandle(path == "-" ? dup(STDIN_FILENO) : try openedForReading(path))
        return {
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            let count = try FileDescriptor.check("read", path) {
                piece.withUnsafeMutableBytes { Int32(Glibc.read(file.descriptor, $0.baseAddress, $0.count)) }
            }
            return Array(piece.prefix(count.asInt))
        }
    }

    private static func openedForReading(_ path: String) throws(SystemError) -> Int32 {
        try FileDescriptor.check("open", path) { open(path, O_RDONLY | O_CLOEXEC) }
    }

    /// A descriptor that a closure can hold.
    private final class FileHandle {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }
}
