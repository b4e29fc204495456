import GitProtocol
import OpenSSL
import Testing

/// Packs that are cut, damaged or hostile: a typed error every time, or the objects unchanged.
struct PackFaultTests {
    /// All object types, both delta kinds, a chain, an empty blob.
    private static func small() -> [UInt8] {
        let text = Array("The quick brown fox jumps over the lazy dog.\n".utf8)
        var builder = PackBuilder()
        let first = builder.offset
        builder.add(.blob, text)
        let second = builder.offset
        builder.addDelta(overOffset: first, PackBuilder.delta(prepending: [1, 2, 3], to: text.count))
        builder.addDelta(
            over: objectID(.blob, [1, 2, 3] + text), PackBuilder.delta(prepending: [9], to: text.count + 3))
        builder.addDelta(overOffset: second, PackBuilder.delta(prepending: [7], to: text.count + 3))
        builder.add(.blob, [])
        builder.add(.tree, Tree.serialize([TreeEntry(mode: .file, name: [97], id: objectID(.blob, text))]))
        builder.add(.commit, Array("tree \(ObjectID.emptyTree)\nauthor a\ncommitter b\n\nm".utf8))
        builder.add(.tag, Array("object \(ObjectID.emptyTree)\ntype tree\n\nt".utf8))
        return builder.finish()
    }

    private static func contents(_ path: String) throws -> [ObjectID: RawObject] {
        let recorder = Recorder()
        var limits = PackLimits()
        limits.maxDeltaResultBytes = 1 << 20
        _ = try Pack.open(path: path, limits: limits, observer: recorder)
        return recorder.objects
    }

    @Test func cutAtEveryByte() throws {
        let pack = Self.small()
        let directory = try TemporaryDirectory()
        #expect(try Self.contents(directory.write(pack, to: "whole")).count == 8)
        for length in 0..<pack.count {
            let path = try directory.write(Array(pack[..<length]), to: "cut")
            let error = #expect(throws: GitFormatError.self) { try Self.contents(path) }
            #expect(error?.code == .truncatedPack)
        }
    }

    @Test func flippedBits() throws {
        let pack = Self.small()
        let directory = try TemporaryDirectory()
        let sound = try Self.contents(directory.write(pack, to: "whole"))
        var random = SeededRandom(seed: testSeed("flippedBits"))
        for round in 0..<600 {
            var damaged = pack
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                damaged[Int.random(in: 0..<(pack.count - 20), using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            // Every second one with a fitting trailer, so that the damage reaches the parsers behind it.
            if round % 2 == 0 {
                let body = Array(damaged.dropLast(20))
                damaged = body + Digest.hash(.sha1, body)
            }
            let path = try directory.write(damaged, to: "damaged")
            do {
                let objects = try Self.contents(path)
                if round % 2 == 1 { #expect(objects == sound) }
                for (id, object) in objects { #expect(objectID(object.kind, object.content) == id) }
            } catch is GitFormatError {
            }
        }
    }

    @Test func bombs() throws {
        let directory = try TemporaryDirectory()
        var declared = PackBuilder()
        let base = declared.offset
        declared.add(.blob, [UInt8](repeating: 0, count: 100))
        declared.addDelta(overOffset: base, PackBuilder.size(100) + PackBuilder.size(1 << 40) + [0x90, 100])
        let huge = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(declared.finish(), to: "declared"))
        }
        #expect(huge?.code == .limitExceeded)
        #expect(huge?.offset == UInt64(base + 12 + 2) || huge?.offset != nil)

        // Doubles with every delta: 100 bytes become 2^40 in a pack of a few hundred bytes.
        var doubling = PackBuilder()
        var offset = doubling.offset
        var size = 60_000
        doubling.add(.blob, [UInt8](repeating: 0, count: size))
        for _ in 0..<30 {
            let copy: [UInt8] = [0xf0, UInt8(size & 0xff), UInt8(size >> 8 & 0xff), UInt8(size >> 16 & 0xff)]
            if size > 0xff_ffff { break }
            let delta = PackBuilder.size(size) + PackBuilder.size(2 * size) + copy + copy
            let next = doubling.offset
            doubling.addDelta(overOffset: offset, delta)
            offset = next
            size *= 2
        }
        var limits = PackLimits()
        limits.maxResolvedBytes = 10_000_000
        let total = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(doubling.finish(), to: "doubling"), limits: limits)
        }
        #expect(total?.code == .limitExceeded)

        var chain = PackBuilder()
        var content: [UInt8] = [0]
        var last = chain.offset
        chain.add(.blob, content)
        for round in 0..<4096 {
            let next = chain.offset
            chain.addDelta(overOffset: last, PackBuilder.delta(prepending: [UInt8(round & 0xff)], to: content.count))
            content.insert(UInt8(round & 0xff), at: 0)
            last = next
        }
        let deep = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(chain.finish(), to: "chain"))
        }
        #expect(deep?.code == .limitExceeded)
        limits.maxChainDepth = 5000
        limits.baseCacheBytes = 0
        let pack = try Pack.open(path: directory.write(chain.finish(), to: "chain"), limits: limits)
        #expect(try PackReader(pack).read(objectID(.blob, content), maxBytes: 5000).content == content)

        var inflated = PackBuilder()
        inflated.add(type: 3, size: 10, stream: deflated([UInt8](repeating: 0, count: 1_000_000)))
        let longer = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(inflated.finish(), to: "inflated"))
        }
        #expect(longer?.code == .malformedPack)
    }

    @Test func referenceCyclesAndLies() throws {
        let directory = try TemporaryDirectory()
        // Two deltas that name each other's supposed results as bases.
        var cycle = PackBuilder()
        let ids = [objectID(.blob, [1]), objectID(.blob, [2])]
        cycle.addDelta(over: ids[0], PackBuilder.delta(prepending: [1], to: 1))
        cycle.addDelta(over: ids[1], PackBuilder.delta(prepending: [1], to: 1))
        let lost = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(cycle.finish(), to: "cycle"))
        }
        #expect(lost?.code == .missingBase)

        var claim = PackBuilder()
        claim.add(.blob, [1])
        let fewer = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(claim.finish(declaring: 4_000_000), to: "claim"))
        }
        #expect(fewer?.code == .malformedPack || fewer?.code == .truncatedPack)
        let trailing = #expect(throws: GitFormatError.self) {
            try Pack.open(path: directory.write(claim.finish() + [0], to: "trailing"))
        }
        #expect(trailing?.code == .malformedPack)

        // Forward reference: the base comes later, and is itself a delta.
        var forward = PackBuilder()
        forward.addDelta(over: objectID(.blob, [2, 1]), PackBuilder.delta(prepending: [3], to: 2))
        forward.addDelta(over: objectID(.blob, [1]), PackBuilder.delta(prepending: [2], to: 1))
        forward.add(.blob, [1])
        forward.add(.blob, [1])
        let pack = try Pack.open(path: directory.write(forward.finish(), to: "forward"))
        #expect(pack.contains(objectID(.blob, [3, 2, 1])))
        #expect(pack.objectCount == 4)
    }
}
