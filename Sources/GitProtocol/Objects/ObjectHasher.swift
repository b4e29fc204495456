import OpenSSL

/// Computes object ids: SHA-1 over `KIND SIZE\0` and the content, which may come in pieces.
public struct ObjectHasher: ~Copyable {
    private var digest = Digest(.sha1)

    /// A hasher that is ready for `begin`.
    public init() {}

    /// Starts an object of a known size.
    public mutating func begin(_ kind: ObjectKind, sizeBytes: UInt64) {
        digest.reset()
        digest.update(UnsafeRawBufferPointer(start: kind.name.utf8Start, count: kind.name.utf8CodeUnitCount))
        // Longest: a space, the twenty digits of UInt64.max, a NUL.
        withUnsafeTemporaryAllocation(byteCount: 22, alignment: 1) { header in
            var start = header.count - 1
            header[start] = 0
            var rest = sizeBytes
            repeat {
                start -= 1
                header[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            start -= 1
            header[start] = UInt8(ascii: " ")
            digest.update(UnsafeRawBufferPointer(rebasing: header[start...]))
        }
    }

    /// Takes in the next bytes of the content.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        digest.update(bytes)
    }

    /// The id of the object that was begun.
    public mutating func finish() -> ObjectID {
        withUnsafeTemporaryAllocation(byteCount: ObjectID.byteCount, alignment: 8) { output in
            digest.finish(into: output)
            return ObjectID(bytes: UnsafeRawBufferPointer(output)) ?? .zero
        }
    }

    /// The id of an object whose content is at hand.
    public mutating func hash(_ kind: ObjectKind, _ content: UnsafeRawBufferPointer) -> ObjectID {
        begin(kind, sizeBytes: UInt64(content.count))
        update(content)
        return finish()
    }

    /// The id of an object whose content is at hand.
    public mutating func hash(_ kind: ObjectKind, _ content: [UInt8]) -> ObjectID {
        content.withUnsafeBytes { hash(kind, $0) }
    }
}
