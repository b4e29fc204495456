public import Events
import OpenSSL

/// SHA-256 with one context that is used again for each message.
public struct SHA256Hasher: ~Copyable {
    private var digest = Digest(.sha256)

    public init() {}

    /// Takes in the next bytes of the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    /// Takes in the next bytes of the message.
    public mutating func update(_ bytes: [UInt8]) { digest.update(bytes) }

    /// Takes in one byte.
    public mutating func update(byte: UInt8) { digest.update(byte: byte) }

    /// The hash of all that was taken in; starts anew.
    public mutating func finish() -> SHA256Hash {
        withUnsafeTemporaryAllocation(byteCount: SHA256Hash.byteCount, alignment: 8) { buffer in
            digest.finish(into: buffer)
            return SHA256Hash(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The hash of one message.
    public mutating func hash(_ bytes: RawSpan) -> SHA256Hash {
        bytes.withUnsafeBytes { update($0) }
        return finish()
    }

    /// The hash of one message.
    public mutating func hash(_ bytes: [UInt8]) -> SHA256Hash {
        update(bytes)
        return finish()
    }

    /// The interior node over two subtrees: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1.
    public mutating func node(_ left: SHA256Hash, _ right: SHA256Hash) -> SHA256Hash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * SHA256Hash.byteCount, alignment: 8) { buffer in
            buffer[0] = 1
            left.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]).copyMemory(from: $0) }
            right.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]).copyMemory(from: $0) }
            update(UnsafeRawBufferPointer(buffer))
        }
        return finish()
    }

    /// The leaf of a record: SHA-256(0x00 ‖ bytes 0–63 ‖ payloads), so without the leaf hash itself.
    ///
    /// - Parameter record: at least `RecordHeader.byteCount` bytes.
    mutating func leaf(_ record: UnsafeRawBufferPointer) -> SHA256Hash {
        update(byte: 0)
        update(UnsafeRawBufferPointer(rebasing: record[..<RecordHeader.hashedByteCount]))
        update(UnsafeRawBufferPointer(rebasing: record[RecordHeader.byteCount...]))
        return finish()
    }
}
