import FoundationEssentials
import SwiftProtobuf

/// A frame of a log in a file (`LogFrame` of `events.proto`).
public enum LogFrame: Sendable, Equatable {
    /// The first frame: which position comes first.
    case start(from: LogPosition)
    case record(LogPosition, [UInt8])
    /// The last frame: the position after the last record, and the root over the log up to there.
    case end(size: UInt64, root: SHA256Hash)

    /// Of this framing.
    public static let version: UInt32 = 1

    /// The message, without the length that stands before it in a file.
    public func encode() -> [UInt8] {
        Wire.encode(
            WireLogFrame.with { frame in
                switch self {
                case .start(let from):
                    frame.start = .with {
                        $0.version = Self.version
                        $0.from = from.rawValue
                    }
                case .record(let position, let record):
                    frame.record = .with {
                        $0.position = position.rawValue
                        $0.record = Data(record)
                    }
                case .end(let size, let root):
                    frame.end = .with {
                        $0.size = size
                        $0.root = Data(root.bytes)
                    }
                }
            })
    }

    /// - Throws: `DecodingFailure` for what is no frame, or one of another version.
    public init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        switch try Wire.decode(WireLogFrame.self, bytes.span.bytes).content {
        case .start(let start):
            guard start.version == Self.version else {
                throw DecodingFailure("version \(start.version) of the framing is unknown to this program")
            }
            self = .start(from: LogPosition(start.from))
        case .record(let record): self = .record(LogPosition(record.position), record.record.array)
        case .end(let end): self = .end(size: end.size, root: try Wire.sha256(end.root))
        case nil: throw DecodingFailure("the frame is empty, or of a kind that is unknown to this program")
        }
    }
}
