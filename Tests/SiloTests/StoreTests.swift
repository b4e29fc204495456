import Events
import Glibc
import Synchronization
import Testing

@testable import Silo

@Suite struct StoreTests {
    /// A store under random use gives what a dictionary gives: across domains, flushes, seals, sizes and reopening.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func behavesLikeADictionary(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        var random = SplitMix(seed)
        var expected: [Domain: [SHA1Hash: [UInt8]]] = [:]
        var sealed: Set<ShardID> = []
        var opened: Silo? = try directory.open { $0.shardByteCount = 60_000 }
        for _ in 0..<1200 {
            if random.below(100) == 0 {
                try opened?.close()
                // Only one at a time may have the index open.
                opened = nil
                let boot = random.below(2) == 0 ? "boot" : "other"
                opened = try directory.open(boot: boot) { $0.shardByteCount = 60_000 }
                #expect(opened?.openReport.hasRebuiltLocations == false)
            }
            guard let silo = opened else { return }
            let domain = Domain(rawValue: UInt32(random.below(3)))
            switch random.below(40) {
            case 0: try silo.flush()
            case 1: if let shard = try silo.seal(domain) { #expect(sealed.insert(shard.id).inserted) }
            default:
                let size = [random.below(40), random.below(3000), random.below(9000), random.below(70_000)][
                    random.below(4)]
                // Some contents come again, in this domain or another one.
                let again = expected.values.flatMap(\.values)
                let content =
                    random.below(5) == 0 && !again.isEmpty ? again[random.below(again.count)] : random.content(size)
                let hash = gitHash(content)
                let put: Put
                if random.below(3) == 0 {
                    let stream = try silo.putStream(
                        in: domain, byteCount: content.count, expecting: random.below(2) == 0 ? hash : nil)
                    var rest = content[...]
                    while !rest.isEmpty {
                        let piece = rest.prefix(1 + random.below(20_000))
                        try stream.write(Array(piece))
                        rest = rest.dropFirst(piece.count)
                    }
                    put = try stream.finish()
                } else {
                    put = try silo.put(content, in: domain)
                }
                let isNew = expected[domain, default: [:]].updateValue(content, forKey: hash) == nil
                switch put {
                case .stored(let info): #expect(isNew && info.sha1 == hash && info.byteCount == content.count)
                case .present(let info): #expect(!isNew && info.sha1 == hash)
                case .conflict: Issue.record("no conflict was expected; seed \(seed)")
                }
            }
            if let contents = expected[domain], let (hash, content) = contents.randomElement(using: &random) {
                #expect(try silo.read(hash, in: domain) == content, "seed \(seed)")
                let start = random.below(content.count + 1)
                let range = start..<start + random.below(content.count - start + 1)
                var piece: [UInt8] = []
                try silo.read(hash, in: domain, range: range) { piece += $0 }
                #expect(piece == Array(content[range]), "seed \(seed)")
                let stranger = Domain(rawValue: 9)
                #expect(try silo.contains(hash, in: stranger) == nil)
            }
        }
        guard let silo = opened else { return }
        try silo.flush()
        for (domain, contents) in expected {
            for (hash, content) in contents {
                #expect(try silo.read(hash, in: domain) == content, "seed \(seed)")
                let info = try #require(try silo.contains(hash, in: domain))
                #expect(
                    try silo.shards().first { $0.id == info.shard }?.domain == domain, "no shard serves two domains")
            }
            let statistics = try silo.statistics(of: domain)
            #expect(statistics.blobCount == contents.count, "seed \(seed)")
            #expect(statistics.rawByteCount == contents.values.reduce(0) { $0 + $1.count })
        }
        let report = try silo.verify()
        #expect(report.findings.isEmpty, "seed \(seed): \(report.findings)")
        try silo.rebuildLocations()
        #expect(try silo.verify().findings.isEmpty)
    }

    /// A second content under a SHA-1 that is taken changes nothing: pending, flushed, and as a stream.
    @Test func aCollisionIsToldAndRefused() throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open()
        let first = Array("the first".utf8)
        let hash = try silo.store(first)
        let forged = BlobEntry(
            sha1: hash, sha256: try #require(SHA256Hash([UInt8](repeating: 7, count: 32))), byteCount: 3)
        for _ in 0..<2 {
            let put = try [1, 2, 3].withUnsafeBytes { try silo.writer.put($0, forged, in: .public) }
            guard case .conflict(let existing, let offered) = put else { throw SiloError(.inputOutput, "\(put)") }
            #expect(existing.sha1 == hash && offered == forged.sha256)
            #expect(try silo.read(hash, in: .public) == first)
            try silo.flush()
        }
        // In another domain it is no collision.
        guard
            case .stored = try [1, 2, 3].withUnsafeBytes({ try silo.writer.put($0, forged, in: Domain(rawValue: 1)) })
        else { throw SiloError(.inputOutput, "expected a new blob") }
        #expect(try silo.statistics(of: .public).blobCount == 1)
    }

    /// Many threads put the same and different blobs at once; each is kept exactly once.
    @Test(arguments: [false, true])
    func threadsShareTheStore(withCompressor: Bool) async throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open { $0.shardByteCount = 200_000 }
        let contents = (0..<600).map { number in Array("content \(number) ".utf8) + SplitMixContent.bytes(number) }
        let stored = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            if withCompressor { group.addTask { try silo.compressUntilClosed() } }
            for worker in 0..<4 {
                group.addTask {
                    var random = SplitMix(UInt64(worker))
                    for content in contents.shuffled(using: &random) {
                        if case .stored = try silo.put(content, in: .public) { stored.increment() }
                        if random.below(100) == 0 { try silo.flush() }
                        if random.below(10) == 0 { #expect(try silo.read(gitHash(content), in: .public) == content) }
                    }
                }
            }
            for _ in 0..<4 { try await group.next() }
            try silo.close()
            try await group.waitForAll()
        }
        #expect(stored.value == contents.count)
        #expect(try silo.statistics().blobCount == contents.count)
        let report = try silo.verify()
        #expect(report.findings.isEmpty, "\(report.findings)")
        #expect(report.blobCount == contents.count)
        #expect(throws: SiloError.self) { try silo.put([1], in: .public) }
    }

    @Test func streamsThatAreNotWhatWasAnnouncedLeaveNothing() throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open()
        _ = try silo.store([1, 2, 3])
        try silo.flush()
        let before = readFile(directory.shardPath).count
        let content = [UInt8](repeating: 1, count: 100_000)
        for (announced, expecting, code) in [
            (100_001, nil, SiloError.Code.wrongSize), (100_000, gitHash([1]), .wrongHash),
        ] {
            let stream = try silo.putStream(in: .public, byteCount: announced, expecting: expecting)
            try stream.write(content)
            #expect(readFile(directory.shardPath).count > before)
            #expect(#expect(throws: SiloError.self) { try stream.finish() }?.code == code)
            #expect(readFile(directory.shardPath).count == before)
        }
        do {
            let stream = try silo.putStream(in: .public, byteCount: 100_000)
            try stream.write([1])
            #expect(#expect(throws: SiloError.self) { try silo.seal(.public) }?.code == .busy)
        }
        #expect(try silo.seal(.public)?.blobCount == 1)
        #expect(try silo.verify().findings.isEmpty)
    }

    /// Other processes see what is flushed. Here: a reader opened after the writer is gone, with and without its index.
    @Test func readersNeedNoWriter() throws {
        let directory = TemporaryDirectory()
        do {
            let silo = try directory.open()
            _ = try silo.store([1, 2, 3])
            try silo.flush()
            _ = try silo.store([4, 5, 6])
        }
        for removesIndex in [false, true] {
            if removesIndex { TemporaryDirectory.remove(directory.locations) }
            let reader = try directory.open(.reader)
            #expect(reader.openReport.hasRebuiltLocations == removesIndex)
            #expect(try reader.read(gitHash([1, 2, 3]), in: .public) == [1, 2, 3])
            #expect(
                #expect(throws: SiloError.self) { try reader.read(gitHash([4, 5, 6]), in: .public) }?.code == .notFound)
            #expect(#expect(throws: SiloError.self) { try reader.put([1], in: .public) }?.code == .readOnly)
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func increment() { count.withLock { $0 += 1 } }
}

enum SplitMixContent {
    static func bytes(_ number: Int) -> [UInt8] {
        var random = SplitMix(UInt64(number))
        return random.content(random.below(2000))
    }
}
