import Events
import OpenSSL
import Synchronization

/// Cipher contexts of one key, for as many threads as work at once.
final class CipherPool: Sendable {
    /// Contexts that are kept while nobody uses them, of each direction.
    private static let maximumIdle = 8

    private let key: KeyBytes
    private let idle = Mutex<[RecordCipher]>([])

    init(key: consuming [UInt8]) { self.key = KeyBytes(key) }

    func take(_ direction: AESGCMContext.Direction) throws(OpenSSLError) -> RecordCipher {
        let waiting = idle.withLock { idle -> RecordCipher? in
            guard let index = idle.lastIndex(where: { $0.direction == direction }) else { return nil }
            return idle.remove(at: index)
        }
        if let waiting { return waiting }
        return try key.lend { key throws(OpenSSLError) in try RecordCipher(key: key, direction) }
    }

    func giveBack(_ cipher: RecordCipher) {
        idle.withLock { idle in
            if idle.count < 2 * Self.maximumIdle { idle.append(cipher) }
        }
    }
}

/// Seals or opens payloads, one at a time.
///
/// `@unchecked Sendable`: whoever took it out of its pool has it alone until it is given back.
final class RecordCipher: @unchecked Sendable {
    /// Nonces that are fetched at once, since each call of the generator costs as much as sealing a small payload.
    private static let nonceBatch = 256

    let direction: AESGCMContext.Direction
    private var context: AESGCMContext
    private var nonces: [UInt8] = []

    init(key: [UInt8], _ direction: AESGCMContext.Direction) throws(OpenSSLError) {
        context = try AESGCMContext(key: key, direction)
        self.direction = direction
    }

    /// Appends nonce, ciphertext and tag to a record that ends with its clear payload.
    func seal(_ plaintext: [UInt8], onto record: inout [UInt8], random: (Int) throws -> [UInt8]) throws {
        if nonces.isEmpty { nonces = try random(Self.nonceBatch * AESGCM.nonceByteCount) }
        let nonceStart = record.count
        record.append(contentsOf: nonces.suffix(AESGCM.nonceByteCount))
        nonces.removeLast(AESGCM.nonceByteCount)
        let start = record.count
        record.append(contentsOf: repeatElement(0, count: plaintext.count + AESGCM.tagByteCount))
        try record.withUnsafeMutableBytes { record in
            let bytes = UnsafeRawBufferPointer(record)
            try context.start(nonce: .init(rebasing: bytes[nonceStart..<start]))
            try authenticate(bytes, clearEnd: nonceStart)
            try plaintext.withUnsafeBytes {
                try context.seal($0, into: UnsafeMutableRawBufferPointer(rebasing: record[start...]))
            }
        }
    }

    func open(_ record: RawSpan, _ header: RecordHeader) throws -> [UInt8] {
        try record.withUnsafeBytes { bytes in
            let clearEnd = RecordHeader.byteCount + header.clearByteCount
            guard header.sealedByteCount >= RecordHeader.sealOverheadByteCount else {
                throw DecodingFailure("a sealed payload is shorter than its nonce and tag")
            }
            let start = clearEnd + AESGCM.nonceByteCount
            try context.start(nonce: .init(rebasing: bytes[clearEnd..<start]))
            try authenticate(bytes, clearEnd: clearEnd)
            return try context.open(.init(rebasing: bytes[start...]))
        }
    }

    /// All but the time, which the writer may move after the payload was sealed, and the leaf hash, which is made after that.
    private func authenticate(_ record: UnsafeRawBufferPointer, clearEnd: Int) throws(OpenSSLError) {
        let timeEnd = RecordHeader.timeOffset + RecordHeader.timeByteCount
        for range in [
            0..<RecordHeader.timeOffset, timeEnd..<RecordHeader.leafHashOffset, RecordHeader.byteCount..<clearEnd,
        ] {
            try context.authenticate(UnsafeRawBufferPointer(rebasing: record[range]))
        }
    }
}
