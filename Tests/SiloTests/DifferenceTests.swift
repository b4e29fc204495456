import Events
import Testing

@testable import Silo

@Suite struct DifferenceTests {
    /// A text of some 2 kB, of which a few lines change from version to version.
    static func versions(_ count: Int, file: Int) -> [[UInt8]] {
        var random = SplitMix(UInt64(file))
        var lines = (0..<40).map { _ in "line \(random.next()) of \(file)" }
        return (0..<count).map { version in
            lines[random.below(lines.count)] = "changed in \(version): \(random.next())"
            return Array(lines.joined(separator: "\n").utf8)
        }
    }

    static func store(_ silo: Silo, files: Int, versions: Int) throws -> [[[UInt8]]] {
        let all = (0..<files).map { Self.versions(versions, file: $0) }
        for version in 0..<versions {
            for file in 0..<files {
                let before = version > 0 ? gitHash(all[file][version - 1]) : nil
                _ = try silo.put(
                    all[file][version], in: .public,
                    hint: PutHint(predecessor: before))
            }
            try silo.flush()
        }
        return all
    }

    /// Later versions take little, are read through few frames, and are there when the store is opened again.
    @Test func laterVersionsAreDifferences() throws {
        let directory = TemporaryDirectory()
        var all: [[[UInt8]]] = []
        var stored = 0
        do {
            let silo = try directory.open { $0.maximumChainDepth = 3 }
            all = try Self.store(silo, files: 6, versions: 8)
            stored = try silo.statistics().storedByteCount
            #expect(try silo.verify().findings.isEmpty)
        }
        let plain = TemporaryDirectory()
        let silo = try plain.open { $0.maximumChainDepth = 0 }
        _ = try Self.store(silo, files: 6, versions: 8)
        #expect(try stored * 2 < silo.statistics().storedByteCount)
        // Goes on after being opened anew: the chain's length is learned from the file.
        let again = try directory.open { $0.maximumChainDepth = 3 }
        let next = Self.versions(9, file: 2)[8]
        _ = try again.put(next, in: .public, hint: PutHint(predecessor: gitHash(all[2][7])))
        try again.flush()
        var depths: [Int] = []
        for content in all.flatMap(\.self) + [next] {
            #expect(try again.read(gitHash(content), in: .public) == content)
            let location = try #require(
                try again.locations.location(of: LocationKey(domain: .public, sha1: gitHash(content))))
            let links = try again.reader.links(
                again.reader.file(location.shard),
                at: FrameReference(offset: location.offset, byteCount: location.frameByteCount))
            depths.append(try #require(links.last).link.depth)
        }
        #expect(depths.max() == 3 && depths.contains(1))
        // The chain of its predecessor was full: it is taken from the middle of it.
        #expect(depths.last == 2)
        _ = try again.seal(.public)
        #expect(try again.verify().findings.isEmpty)
    }

    /// A predecessor that is unlike, unknown, itself, elsewhere or not written yet changes nothing but the size.
    @Test func anyHintIsHarmless() throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open { $0.shardByteCount = 3000 }
        var random = SplitMix(9)
        var contents: [[UInt8]] = []
        for number in 0..<200 {
            let content = Array("\(number)".utf8) + random.content(random.below(3000))
            let before = [gitHash(content), gitHash([7]), contents.last.map(gitHash), contents.first.map(gitHash)]
            contents.append(content)
            let domain = Domain(rawValue: UInt32(number % 2))
            _ = try silo.put(content, in: domain, hint: PutHint(predecessor: before[random.below(4)]))
            if number % 3 == 0 { try silo.flush() }
        }
        try silo.flush()
        for (number, content) in contents.enumerated() {
            #expect(try silo.read(gitHash(content), in: Domain(rawValue: UInt32(number % 2))) == content)
        }
        #expect(try silo.verify().findings.isEmpty)
    }

    /// Damage in a frame names every blob that is read through it, and what is put next does not build on it.
    @Test func damageInABaseNamesItsDifferences() throws {
        let directory = TemporaryDirectory()
        let all: [[[UInt8]]]
        do { all = try Self.store(try directory.open(), files: 1, versions: 3) }
        var bytes = readFile(directory.shardPath)
        let silo = try directory.open()
        let first = LocationKey(domain: .public, sha1: gitHash(all[0][0]))
        let location = try #require(try silo.locations.location(of: first))
        bytes[Int(location.offset) + location.frameByteCount - 20] ^= 0x10
        writeFile(directory.shardPath, bytes)
        #expect(Set(try silo.verify().findings.compactMap(\.blob)) == Set(all[0].map(gitHash)))
        for content in all[0] {
            #expect(#expect(throws: SiloError.self) { try silo.read(gitHash(content), in: .public) }?.code == .damaged)
        }
        let next = Self.versions(4, file: 0)[3]
        _ = try silo.put(next, in: .public, hint: PutHint(predecessor: gitHash(all[0][2])))
        try silo.flush()
        #expect(try silo.read(gitHash(next), in: .public) == next)
    }

    /// Only the beginning of a frame is decoded where that is enough, and the rest when it is wanted.
    @Test func framesAreDecodedAsFarAsNeeded() throws {
        let directory = TemporaryDirectory()
        let contents = (0..<20).map { Array("\($0) ".utf8) + [UInt8](repeating: UInt8($0), count: 5000) }
        do {
            let silo = try directory.open { $0.frameByteCount = 128 << 10 }
            for content in contents { _ = try silo.store(content) }
            try silo.flush()
        }
        let silo = try directory.open()
        let key = FrameCache.Key(shard: ShardID(rawValue: 1), offset: UInt64(ShardHeader.byteCount))
        #expect(try silo.read(gitHash(contents[3]), in: .public) == contents[3])
        let partial = try #require(silo.reader.cache.frame(key, isEnough: { _ in true }))
        #expect(!partial.isWhole && partial.bytes.count < 21_000)
        for content in contents.reversed() { #expect(try silo.read(gitHash(content), in: .public) == content) }
        #expect(silo.reader.cache.frame(key, isEnough: \.isWhole) != nil)
    }
}
