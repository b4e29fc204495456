import CZlib
import Inflate
import Testing

/// The inflater for whole buffers against zlib.
struct InflateTests {
    private static func deflate(_ content: [UInt8], level: Int32) -> [UInt8] {
        var count = compressBound(UInt(content.count))
        var output = [UInt8](repeating: 0, count: Int(count))
        #expect(compress2(&output, &count, content, UInt(content.count), level) == Z_OK)
        return Array(output[..<Int(count)])
    }

    private static func inflate(_ input: [UInt8], _ count: Int) throws -> (content: [UInt8], consumed: Int) {
        var inflater = try WholeInflater()
        var output = [UInt8](repeating: 0, count: count)
        let consumed = try input.withUnsafeBytes { input in
            try output.withUnsafeMutableBytes { try inflater.inflate(input, into: $0) }
        }
        return (output, consumed)
    }

    @Test func expandsWhatZlibPacks() throws {
        var random = SeededRandom(seed: testSeed("expandsWhatZlibPacks"))
        for _ in 0..<200 {
            let letters = UInt8.random(in: 1 ... .max, using: &random)
            let content = (0..<Int.random(in: 0...20_000, using: &random)).map { _ in
                UInt8.random(in: 0..<letters, using: &random)
            }
            let packed = Self.deflate(content, level: Int32.random(in: 0...9, using: &random))
            let result = try Self.inflate(packed + [1, 2, 3], content.count)
            #expect(result.content == content)
            #expect(result.consumed == packed.count)
        }
    }

    @Test func refusesWhatIsDamagedOrOfAnotherLength() throws {
        let content = (0..<5000).map { UInt8($0 % 17) }
        let packed = Self.deflate(content, level: 6)
        for count in [0, 4999] {
            #expect(throws: InflateError.self) { try Self.inflate(packed, count) }
        }
        let longer = #expect(throws: InflateError.self) { try Self.inflate(packed, 5001) }
        #expect(longer?.code == .truncated)
        for end in 0..<packed.count {
            #expect(throws: InflateError.self) { try Self.inflate(Array(packed[..<end]), content.count) }
        }
        var random = SeededRandom(seed: testSeed("refusesWhatIsDamagedOrOfAnotherLength"))
        for _ in 0..<500 {
            var damaged = packed
            damaged[Int.random(in: 0..<packed.count, using: &random)] ^= UInt8.random(in: 1 ... .max, using: &random)
            if let result = try? Self.inflate(damaged, content.count) { #expect(result.content == content) }
        }
    }
}
