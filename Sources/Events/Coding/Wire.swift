import FoundationEssentials
import SwiftProtobuf

/// Between the typed events and the messages of `events.proto`.
enum Wire {
    /// The message in `bytes`.
    static func decode<M: Message>(_: M.Type, _ bytes: RawSpan) throws(DecodingFailure) -> M { try decode(bytes) }

    /// The message in `bytes`.
    static func decode<M: Message>(_ bytes: RawSpan) throws(DecodingFailure) -> M {
        do {
            return try M(serializedBytes: bytes.withUnsafeBytes { Array($0) })
        } catch {
            throw DecodingFailure("the payload is no \(M.protoMessageName): \(error)")
        }
    }

    /// The bytes of a message. Those of ours have no required fields, so there is nothing that could fail.
    static func encode(_ message: some Message) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            preconditionFailure("a message without required fields cannot fail to encode: \(error)")
        }
    }

    /// A hash that has to be there.
    static func sha1(_ data: Data) throws(DecodingFailure) -> SHA1Hash {
        guard let hash = SHA1Hash(data) else { throw DecodingFailure("a SHA-1 has \(data.count) bytes instead of 20") }
        return hash
    }

    /// A hash that may be absent.
    static func optionalSHA1(_ data: Data) throws(DecodingFailure) -> SHA1Hash? {
        data.isEmpty ? nil : try sha1(data)
    }

    /// A hash that has to be there.
    static func sha256(_ data: Data) throws(DecodingFailure) -> SHA256Hash {
        guard let hash = SHA256Hash(data) else {
            throw DecodingFailure("a SHA-256 has \(data.count) bytes instead of 32")
        }
        return hash
    }

    /// An enumeration's case of that number.
    static func known<Value: RawRepresentable>(
        _ raw: Value.RawValue, _ what: String
    ) throws(DecodingFailure) -> Value {
        guard let value = Value(rawValue: raw) else { throw DecodingFailure("\(what) \(raw) is unknown") }
        return value
    }

    /// Nil for zero, which stands for an absent time.
    static func time(_ microseconds: Int64) -> Timestamp? {
        microseconds == 0 ? nil : Timestamp(microseconds: microseconds)
    }

    static func data(_ hash: SHA1Hash?) -> Data { hash.map { Data($0.bytes) } ?? Data() }
}

extension Data {
    var array: [UInt8] { Array(self) }
}
