import Testing

@testable import GitProtocol

/// The codec of packet lines: any cut, any bytes.
struct PacketTests {
    private enum Seen: Equatable {
        case mark(Int)
        case data([UInt8])
    }

    private static func read(_ bytes: [UInt8], pieces: () -> Int) throws -> (packets: [Seen], isWhole: Bool) {
        var reader = PacketReader()
        var seen: [Seen] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieces())
            rest = rest.dropFirst(piece.count)
            try piece.withUnsafeBytes { bytes in
                try reader.feed(bytes) { packet in
                    switch packet {
                    case .flush: seen.append(.mark(0))
                    case .delimiter: seen.append(.mark(1))
                    case .responseEnd: seen.append(.mark(2))
                    case .data(let bytes): seen.append(.data(Array(bytes)))
                    }
                }
            }
        }
        return (seen, reader.isBetweenPackets)
    }

    @Test func anyCutGivesTheSamePackets() throws {
        var random = SeededRandom(seed: testSeed("anyCutGivesTheSamePackets"))
        for _ in 0..<50 {
            var bytes: [UInt8] = []
            var expected: [Seen] = []
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                let kind = Int.random(in: 0..<6, using: &random)
                if kind < 3 {
                    bytes += Array("000\(kind)".utf8)
                    expected.append(.mark(kind))
                } else {
                    let longest = kind == 3 ? 65516 : 60
                    let payload = (0..<Int.random(in: 0...longest, using: &random)).map {
                        UInt8(truncatingIfNeeded: $0)
                    }
                    let digits = String(payload.count + 4, radix: 16)
                    bytes += Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + payload
                    expected.append(.data(payload))
                }
            }
            for longest in [3, 5000, 1 << 20] {
                let (packets, isWhole) = try Self.read(bytes) { Int.random(in: 1...longest, using: &random) }
                #expect(packets == expected)
                #expect(isWhole)
            }
        }
    }

    @Test func badLengthsAreRefused() throws {
        for text in ["0003", "fff1", "ffff", "00g0", "+004", "PACK"] {
            for length in [1, 4] {
                #expect(throws: PacketReader.Failure.self) { try Self.read(Array(text.utf8)) { length } }
            }
        }
        #expect(try Self.read(Array("0004".utf8)) { 4 }.packets == [.data([])])
        #expect(try !Self.read(Array("0009ab".utf8)) { 4 }.isWhole)
    }

    /// Answers of a server that writes nonsense: an error or a result, never more.
    @Test func noiseNeverBreaksTheParsers() {
        var random = SeededRandom(seed: testSeed("noiseNeverBreaksTheParsers"))
        let words = [
            "0000", "0001", "0002", "0004", "000eversion 2\n", "000dpackfile\n", "0012shallow-info\n", "0006\u{1}a",
            "0006\u{2}a", "0006\u{3}a", "0005\u{1}", "0009ERR x", "0035shallow \(ObjectID.emptyTree)\n",
            "0032\(ObjectID.emptyTree) HEAD\n", "000aunborn", "001e# service=git-upload-pack\n", "0010object-for", "zz",
        ]
        for _ in 0..<1000 {
            let bytes = Array(
                (0..<Int.random(in: 0..<8, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
                    .joined().utf8)
            for parse in [Self.advertisement, Self.refs, Self.fetch] {
                do {
                    try parse(bytes)
                } catch is RemoteError {
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
    }

    private static func advertisement(_ bytes: [UInt8]) throws {
        var parser = AdvertisementParser()
        try bytes.withUnsafeBytes { try parser.feed($0) }
        _ = try parser.finish()
    }

    private static func refs(_ bytes: [UInt8]) throws {
        var parser = RefsParser()
        try bytes.withUnsafeBytes { try parser.feed($0) }
        _ = try parser.finish()
    }

    private static func fetch(_ bytes: [UInt8]) throws {
        var parser = FetchParser()
        try bytes.withUnsafeBytes { try parser.feed($0) { _ in } }
        _ = try parser.finish()
    }
}
