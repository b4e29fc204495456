import FoundationEssentials
import SwiftProtobuf

/// The head of the tree over the events before this one was signed. Whoever keeps the note can tell later whether the log is
/// still the one that it was.
public struct CheckpointSigned: Sendable, Equatable {
    /// How many events the head is over, from the first on.
    public var size: UInt64
    /// The root over them (RFC 6962).
    public var root: SHA256Hash
    /// The key that verifies the note: Ed25519, 32 bytes.
    public var publicKey: [UInt8]
    /// The signed note (C2SP tlog-checkpoint), whole.
    public var note: String

    /// Length of a public key in bytes.
    public static let publicKeyByteCount = 32

    public init(size: UInt64, root: SHA256Hash, publicKey: [UInt8], note: String) {
        self.size = size
        self.root = root
        self.publicKey = publicKey
        self.note = note
    }
}

extension CheckpointSigned: EventPayload {
    init(clear: RawSpan, sealed: RawSpan) throws(DecodingFailure) {
        let open = try Wire.decode(WireCheckpointSigned.self, clear)
        guard open.publicKey.count == Self.publicKeyByteCount else {
            throw DecodingFailure("a public key has \(open.publicKey.count) bytes instead of 32")
        }
        self.init(
            size: open.size, root: try Wire.sha256(open.root), publicKey: open.publicKey.array, note: open.note)
    }

    func encode() -> (clear: [UInt8], sealed: [UInt8]) {
        let open = WireCheckpointSigned.with {
            $0.size = size
            $0.root = Data(root.bytes)
            $0.publicKey = Data(publicKey)
            $0.note = note
        }
        return (Wire.encode(open), [])
    }

    var json: [(String, JSONValue)] {
        [
            ("size", .uint(size)), ("root", .hash(root)), ("publicKey", .string(Hex.encode(publicKey))),
            ("note", .string(note)),
        ]
    }
}
