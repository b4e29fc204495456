import Events
import OpenSSL

/// The first bytes of a shard. Integers are big-endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic: `89 53 49 4C 4F 0D 0A 1A` (like PNG's: a transfer as text destroys it) |
/// | 8 | 2 | format version: 1 |
/// | 10 | 2 | features that a reader has to know: 0 |
/// | 12 | 4 | domain; 0: public, else the tenant |
/// | 16 | 4 | key; 0: in clear |
/// | 20 | 4 | 0 |
/// | 24 | 8 | shard id |
/// | 32 | 8 | created, microseconds since 1970 (two's complement) |
/// | 40 | 16 | salt of the key; zeros where key is 0 |
/// | 56 | 8 | checksum of bytes 0–55 |
struct ShardHeader: Sendable, Equatable {
    var domain: Domain
    var shard: ShardID
    var createdAt: Timestamp
    /// With which the payloads of its frames are encrypted; `none`: they are not.
    var key = KeyID.none
    var salt = ShardHeader.noSalt

    static let noSalt = [UInt8](repeating: 0, count: ContentKeySalt.byteCount)
    static let byteCount = 64
    static let magic: [UInt8] = [0x89, 0x53, 0x49, 0x4c, 0x4f, 0x0d, 0x0a, 0x1a]
    private static let checkedByteCount = 56

    init(domain: Domain, shard: ShardID, createdAt: Timestamp) {
        self.domain = domain
        self.shard = shard
        self.createdAt = createdAt
    }

    /// The header of a new shard, with a key of its own where its domain is somebody's.
    static func new(
        _ domain: Domain, _ shard: ShardID, _ createdAt: Timestamp, _ keys: (any ContentKeys)?
    ) throws(SiloError) -> ShardHeader {
        var header = ShardHeader(domain: domain, shard: shard, createdAt: createdAt)
        do {
            guard let named = try keys?.newContentKey(for: domain) else { return header }
            header.key = named.key
            header.salt = named.salt
        } catch {
            throw SiloError.encrypted(KeyID(rawValue: domain.owner.rawValue), shard, error)
        }
        return header
    }

    func encode(_ digest: inout Digest) -> [UInt8] {
        var bytes = Self.magic
        bytes.append(bigEndian: ShardFormat.version)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(bigEndian: domain.rawValue)
        bytes.append(bigEndian: key.rawValue)
        bytes.append(bigEndian: UInt32(0))
        bytes.append(bigEndian: shard.rawValue)
        bytes.append(createdAt)
        bytes.append(contentsOf: salt)
        bytes.append(bigEndian: bytes.withUnsafeBytes { Checksum.of($0, &digest) })
        precondition(bytes.count == Self.byteCount, "the shard header's layout and length disagree")
        return bytes
    }

    /// Reads the header of the file that is named after `expected`.
    ///
    /// - Throws: `SiloError`: `.unknownFormat` or `.damaged`.
    init(_ bytes: [UInt8], expected: ShardID, _ digest: inout Digest) throws(SiloError) {
        self = try SiloError.decoding(expected) {
            var reader = ByteReader(bytes.span.bytes)
            guard try reader.raw(Self.magic.count) == Self.magic else {
                throw DecodingFailure("it does not begin as a shard does")
            }
            let version = try reader.uint16()
            let features = try reader.uint16()
            let domain = Domain(rawValue: try reader.uint32())
            let key = KeyID(rawValue: try reader.uint32())
            let zero = try reader.uint32()
            let shard = ShardID(rawValue: try reader.uint64())
            let createdAt = try reader.timestamp()
            let salt = try reader.raw(ContentKeySalt.byteCount)
            let checksum = try reader.uint64()
            let actual = bytes.withUnsafeBytes {
                Checksum.of(UnsafeRawBufferPointer(rebasing: $0[..<Self.checkedByteCount]), &digest)
            }
            guard checksum == actual else { throw DecodingFailure("the checksum of its header is wrong") }
            guard shard == expected else { throw DecodingFailure("its header names shard \(shard.rawValue)") }
            guard version == ShardFormat.version, features == 0 else {
                throw SiloError.unknown("format version \(version) with features \(features)", expected)
            }
            guard zero == 0, key != .none || salt == Self.noSalt else {
                throw SiloError.unknown("a header field that this version leaves zero", expected)
            }
            var header = Self(domain: domain, shard: shard, createdAt: createdAt)
            header.key = key
            header.salt = salt
            return header
        }
    }
}
