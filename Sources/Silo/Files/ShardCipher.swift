import Events
import OpenSSL

/// Seals and opens the payloads of one shard's frames.
///
/// | offset | size | field of a sealed payload |
/// |---|---|---|
/// | 0 | 12 | nonce, random |
/// | 12 | n | what would stand here in clear, under AES-256-GCM |
/// | 12 + n | 16 | tag; it covers shard id (8) ‖ kind (1) ‖ encoding (1) ‖ length of the payload, decoded (4), too |
///
/// A nonce that followed from the frame's place would come twice: a frame that could not be written whole is cut off, and another
/// one takes its place. A shard has a key of its own and some thousands of frames, so random ones never meet.
struct ShardCipher: Sendable {
    /// By how many bytes a sealed payload is longer.
    static let overheadByteCount = AESGCM.nonceByteCount + AESGCM.tagByteCount

    private let shard: ShardID
    private let key: [UInt8]
    private let keys: any ContentKeys

    /// - Throws: `SiloError` (encrypted) where the key is not to be had.
    init(_ header: ShardHeader, _ keys: (any ContentKeys)?) throws(SiloError) {
        guard let keys else { throw SiloError.encrypted(header.key, header.shard, nil) }
        do {
            key = try keys.contentKey(header.key, salt: header.salt)
        } catch {
            throw SiloError.encrypted(header.key, header.shard, error)
        }
        shard = header.shard
        self.keys = keys
    }

    func seal(_ payload: UnsafeRawBufferPointer, of head: FrameHead) throws(SiloError) -> [UInt8] {
        do {
            let nonce = try keys.randomBytes(AESGCM.nonceByteCount)
            var context = try AESGCMContext(key: key, .seal)
            var sealed = nonce
            sealed.append(contentsOf: repeatElement(0, count: payload.count + AESGCM.tagByteCount))
            try nonce.withUnsafeBytes { try context.start(nonce: $0) }
            try authenticated(head).withUnsafeBytes { try context.authenticate($0) }
            try sealed.withUnsafeMutableBytes { sealed in
                let output = UnsafeMutableRawBufferPointer(rebasing: sealed[AESGCM.nonceByteCount...])
                try context.seal(payload, into: output)
            }
            return sealed
        } catch {
            throw SiloError(.inputOutput, "encrypting \(payload.count) bytes: \(error)", shard: shard)
        }
    }

    func open(_ sealed: UnsafeRawBufferPointer, of head: FrameHead) throws(SiloError) -> [UInt8] {
        guard sealed.count >= Self.overheadByteCount else {
            throw SiloError.damaged("an encrypted payload is shorter than its nonce and tag", shard)
        }
        do {
            var context = try AESGCMContext(key: key, .open)
            try context.start(nonce: UnsafeRawBufferPointer(rebasing: sealed[..<AESGCM.nonceByteCount]))
            try authenticated(head).withUnsafeBytes { try context.authenticate($0) }
            return try context.open(UnsafeRawBufferPointer(rebasing: sealed[AESGCM.nonceByteCount...]))
        } catch {
            throw SiloError.damaged("an encrypted payload does not open: it, or the key, was changed", shard)
        }
    }

    private func authenticated(_ head: FrameHead) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: shard.rawValue)
        bytes.append(head.kind.rawValue)
        bytes.append(head.encoding.rawValue)
        bytes.append(bigEndian: UInt32(head.rawByteCount))
        return bytes
    }
}
