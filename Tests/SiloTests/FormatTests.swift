import Events
import OpenSSL
import Testing

@testable import Silo

@Suite struct FormatTests {
    /// Every structure of the format reads back as it was written, and with any bit changed it does not.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func structuresRoundTrip(seed: UInt64) throws {
        var random = SplitMix(seed)
        var digest = Digest(.sha256)
        for _ in 0..<40 {
            let shard = ShardID(rawValue: random.next())
            let offset = random.next() >> 8
            var head = FrameHead(
                kind: .blobs, encoding: .zstd, rawByteCount: random.below(1 << 20),
                storedByteCount: random.below(1 << 20),
                payloadChecksum: random.next(),
                blobs: (0..<random.below(6)).map { _ in
                    let content = random.content(random.below(300))
                    return BlobEntry(
                        sha1: gitHash(content), sha256: SHA256Hash.of(content, &digest), byteCount: content.count)
                })
            let bytes = head.encode(shard: shard, offset: offset, &digest)
            #expect(try bytes.withUnsafeBytes { try FrameHead($0, shard: shard, offset: offset, &digest) } == head)
            var damaged = bytes
            damaged[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
            #expect(throws: DecodingFailure.self, "seed \(seed)") {
                try damaged.withUnsafeBytes { try FrameHead($0, shard: shard, offset: offset, &digest) }
            }
            #expect(throws: DecodingFailure.self, "a frame at another place is none") {
                try bytes.withUnsafeBytes { try FrameHead($0, shard: shard, offset: offset + 1, &digest) }
            }
        }
    }

    @Test func headersThatAreNotOursAreRefused() throws {
        var digest = Digest(.sha256)
        let id = ShardID(rawValue: 7)
        let header = ShardHeader(domain: Domain(rawValue: 3), shard: id, createdAt: Timestamp(seconds: 5))
        let bytes = header.encode(&digest)
        #expect(try ShardHeader(bytes, expected: id, &digest) == header)
        func code(_ change: (inout [UInt8]) -> Void) -> SiloError.Code? {
            var changed = bytes
            change(&changed)
            let checksum = changed.withUnsafeBytes { Checksum.of(UnsafeRawBufferPointer(rebasing: $0[..<56]), &digest) }
            changed.replaceSubrange(56..., with: withUnsafeBytes(of: checksum.bigEndian) { Array($0) })
            do throws(SiloError) {
                _ = try ShardHeader(changed, expected: id, &digest)
                return nil
            } catch { return error.code }
        }
        #expect(code { $0[9] = 2 } == .unknownFormat)
        #expect(code { $0[11] = 1 } == .unknownFormat)
        // A key is no reason to refuse a header; without one there is no salt.
        #expect(code { $0[19] = 1 } == nil)
        #expect(code { $0[40] = 1 } == .unknownFormat)
        #expect(code { $0[23] = 1 } == .unknownFormat)
        #expect(code { $0[31] = 8 } == .damaged)
        #expect(code { $0[0] = 0 } == .damaged)
    }

    /// Bytes that are no shard at all end in an error or in damage, never in a trap.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func garbageNeverTraps(seed: UInt64) throws {
        var random = SplitMix(seed)
        var digest = Digest(.sha256)
        for _ in 0..<3000 {
            var bytes = random.content(random.below(200))
            if bytes.count > 4, random.below(2) == 0 { bytes.replaceSubrange(0..<4, with: Array("FRME".utf8)) }
            _ = try? bytes.withUnsafeBytes {
                try FrameHead($0, shard: ShardID(rawValue: 1), offset: 64, &digest)
            }
            _ = try? PartReference.decode(bytes, blobByteCount: 100)
            _ = try? ShardTrailer(bytes, fileByteCount: 1000, &digest)
            _ = try? Location(bytes.span.bytes)
            _ = try? ShardRecord(bytes.span.bytes)
        }
    }
}
