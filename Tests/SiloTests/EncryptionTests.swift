import Events
import Testing

@testable import Silo

/// Keys that are as good as any for a test, and can be lost.
private struct TestKeys: ContentKeys {
    var isLost = false
    var seed: UInt8 = 7

    func newContentKey(for domain: Domain) throws -> (key: KeyID, salt: [UInt8])? {
        guard domain.owner != .none else { return nil }
        return (KeyID(rawValue: domain.owner.rawValue), try randomBytes(ContentKeySalt.byteCount))
    }

    func contentKey(_ key: KeyID, salt: [UInt8]) throws -> [UInt8] {
        if isLost { throw SealingFailure(.keyMissing, TenantID(key.rawValue), "it is lost") }
        return salt + [UInt8](repeating: seed &+ UInt8(truncatingIfNeeded: key.rawValue), count: 16)
    }

    func randomBytes(_ count: Int) throws -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max) } }
}

/// What is a tenant's own stands encrypted, and nothing else about the store changes.
@Suite struct EncryptionTests {
    private static let tenant = Domain.tenant(TenantID(3))

    /// Small ones, ones that follow from each other, one in parts, and one of nothing.
    private static func contents(_ seed: UInt64) -> [[UInt8]] {
        var random = SplitMix(seed)
        var contents = (0..<40).map { _ in random.content(random.below(3000)) }
        contents += (0..<10).map { Array("planted line \($0)\n".utf8) + contents[Int($0)] }
        contents.append(random.content(70_000))
        contents.append([])
        return contents
    }

    private static func raw(_ directory: TemporaryDirectory) -> [UInt8] {
        TemporaryDirectory.names(directory.silo).flatMap { readFile("\(directory.silo)/\($0)") }
    }

    private static func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first else { return true }
        return haystack.indices.contains { index in
            haystack[index] == first && haystack[index...].starts(with: needle)
        }
    }

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func whatIsATenantsIsReadWithItsKeyAlone(seed: UInt64) throws {
        let directory = TemporaryDirectory()
        let contents = Self.contents(seed)
        // Bytes that cannot be compressed stand in the file as they are, where nothing is encrypted.
        let telling = (0..<64).map { UInt8(truncatingIfNeeded: seed >> (UInt64($0) % 57)) ^ UInt8($0 * 37 & 0xff) }
        func open(_ mode: Silo.Mode = .writer, _ keys: TestKeys? = TestKeys()) throws -> Silo {
            try directory.open(mode) { $0.keys = keys }
        }
        var hashes: [SHA1Hash] = []
        do {
            let silo = try open()
            for content in contents + [telling] {
                _ = try silo.put(content, in: Self.tenant)
                hashes.append(gitHash(content))
            }
            try silo.flush()
            for (hash, content) in zip(hashes, contents) {
                #expect(try silo.read(hash, in: Self.tenant) == content, "seed \(seed)")
            }
            _ = try silo.seal(Self.tenant)
            try silo.close()
        }
        let file = Self.raw(directory)
        #expect(!Self.contains(file, Array("planted line".utf8)) && !Self.contains(file, Array(telling[8..<40])))
        // Another process, an index that is made anew, a rewritten shard: all the same.
        TemporaryDirectory.remove(directory.locations)
        do {
            let silo = try open(.writer, TestKeys(isLost: true))
            #expect(silo.openReport.hasRebuiltLocations, "that needs no key")
            #expect(try silo.contains(hashes[0], in: Self.tenant) != nil)
            let error = #expect(throws: SiloError.self) { try silo.read(hashes[0], in: Self.tenant) }
            #expect(error?.code == .encrypted)
            let report = try silo.verify()
            #expect(report.findings.isEmpty && report.blobCount == 0, "a missing key is no damage, seed \(seed)")
            #expect(report.closed.reduce(0) { $0 + $1.blobCount } == Set(hashes).count)
            try silo.close()
        }
        do {
            let silo = try open()
            #expect(try silo.verify().findings.isEmpty, "seed \(seed)")
            let shards = try silo.shards().map(\.id)
            let rewrite = try silo.rewrite(shards, in: Self.tenant)
            try silo.delete(rewrite.replaced)
            for (hash, content) in zip(hashes, contents) {
                #expect(try silo.read(hash, in: Self.tenant) == content, "seed \(seed), rewritten")
            }
            #expect(!Self.contains(Self.raw(directory), Array("planted line".utf8)))
            try silo.close()
        }
        let other = try open(.reader, TestKeys(seed: 8))
        #expect(throws: SiloError.self) { try other.read(hashes[0], in: Self.tenant) }
    }

    @Test func whatIsNobodysStandsInClearAndAnErasedDomainIsGone() throws {
        let directory = TemporaryDirectory()
        let silo = try directory.open { $0.keys = TestKeys() }
        let content = Array("planted for all\n".utf8)
        let hash = try silo.store(content, in: .public)
        let own = try silo.store(Array("planted for one\n".utf8), in: Self.tenant)
        try silo.flush()
        #expect(try silo.erase(Self.tenant).count == 1)
        #expect(try silo.erase(Self.tenant).isEmpty)
        #expect(try silo.contains(own, in: Self.tenant) == nil)
        #expect(try silo.read(hash, in: .public) == content)
        #expect(TemporaryDirectory.names(directory.silo).count == 1)
        try silo.close()
    }
}
