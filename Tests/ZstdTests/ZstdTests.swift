import Testing
import Zstd

@Suite struct ZstdTests {
    /// What goes in comes out, whatever it looks like and whatever the context did before.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func roundTrips(seed: UInt64) throws {
        var random = SplitMix(seed)
        var decompressor = try Decompressor()
        for level in [1, 3, 19] {
            var compressor = try Compressor(level: level)
            for round in 0..<60 {
                let count = Int(random.next() % (round < 50 ? 3000 : 300_000))
                let alphabet = 1 + random.next() % 256
                let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % alphabet) }
                let packed = try compressor.compress(bytes)
                #expect(packed.count <= Compressor.bound(count), "seed \(seed)")
                #expect(try decompressor.decompress(packed, atMost: count) == bytes, "seed \(seed)")
            }
        }
    }

    /// Damaged input is an error or other bytes of the same length, never more than the buffer takes.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func damageIsAnError(seed: UInt64) throws {
        var random = SplitMix(seed)
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        let packed = try compressor.compress(bytes)
        for _ in 0..<500 {
            var damaged = packed
            let index = Int(random.next() % UInt64(damaged.count))
            damaged[index] ^= 1 << (random.next() % 8)
            if let result = try? decompressor.decompress(damaged, atMost: 1 << 16) {
                #expect(result.count <= 1 << 16, "seed \(seed)")
            }
            #expect(throws: ZstdError.self) { try decompressor.decompress(Array(packed[..<index]), atMost: 1 << 16) }
        }
        let error = #expect(throws: ZstdError.self) { try decompressor.decompress(packed, atMost: 4999) }
        #expect(error?.code == .outputTooLarge)
    }
}

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
