import Events
import Glibc
import Testing

@testable import Silo

@Suite struct ModelTests {
    /// A store under random puts, hints, forgetting, rewriting, deleting, sealing, crashes and reopening gives what a dictionary
    /// gives.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func behavesLikeItsModel(seed: UInt64) throws {
        var model = try Model(seed)
        for _ in 0..<900 { try model.step() }
        try model.check()
    }
}

private struct Model {
    private let directory = TemporaryDirectory()
    private let seed: UInt64
    private var random: SplitMix
    private var silo: Silo?
    /// What is there for certain, by domain; the newest version of each file last.
    private var contents: [Domain: [SHA1Hash: [UInt8]]] = [:]
    /// What was put since the last flush: after a crash it may be there or not.
    private var unflushed: [Domain: [SHA1Hash: [UInt8]]] = [:]
    private var files: [[UInt8]] = (0..<12).map { DifferenceTests.versions(1, file: $0)[0] }

    init(_ seed: UInt64) throws {
        self.seed = seed
        random = SplitMix(seed)
        silo = try open()
    }

    private func open() throws -> Silo {
        try directory.open {
            $0.shardByteCount = 20_000
            $0.maximumChainDepth = 4
            $0.anchorByteCount = 6 << 10
            $0.anchorGroupByteCount = 20 << 10
        }
    }

    private func opened() throws -> Silo { try #require(silo, "seed \(seed)") }

    mutating func step() throws {
        let domain = Domain(rawValue: UInt32(random.below(2)))
        switch random.below(120) {
        case 0..<3: try flush()
        case 3: try seal(domain)
        case 4..<6: try reopen()
        case 6: try crash()
        case 7..<10: try forget(domain)
        case 10..<13: try rewrite(domain)
        case 13: try check()
        default: try put(domain)
        }
    }

    private mutating func put(_ domain: Domain) throws {
        let file = random.below(files.count)
        let before = files[file]
        if random.below(30) == 0 {
            files[file] = random.content(random.below(40_000))
        } else if !before.isEmpty {
            let at = random.below(before.count)
            files[file].replaceSubrange(
                at..<min(before.count, at + random.below(60)), with: Array("change \(random.next())".utf8))
        }
        let content = files[file]
        let hash = gitHash(content)
        let hint = PutHint(
            predecessor: random.below(5) == 0 ? nil : gitHash(before), burstByteCount: random.below(5) == 0 ? 1 << 30 : 0)
        let isKnown = contents[domain]?[hash] != nil || unflushed[domain]?[hash] != nil
        switch try opened().put(content, in: domain, hint: hint) {
        case .stored: if isKnown { Issue.record("stored again; seed \(seed)") }
        // After a crash a blob may be there that no flush had waited for.
        case .present: break
        case .conflict: Issue.record("a conflict; seed \(seed)")
        }
        unflushed[domain, default: [:]][hash] = content
    }

    private mutating func flush() throws {
        try opened().flush()
        for (domain, blobs) in unflushed { contents[domain, default: [:]].merge(blobs) { old, _ in old } }
        unflushed = [:]
    }

    private mutating func seal(_ domain: Domain) throws {
        _ = try opened().seal(domain)
        try flush()
    }

    private mutating func reopen() throws {
        try opened().close()
        flushModelOnly()
        silo = nil
        silo = try open()
    }

    private mutating func flushModelOnly() {
        for (domain, blobs) in unflushed { contents[domain, default: [:]].merge(blobs) { old, _ in old } }
        unflushed = [:]
    }

    /// What no flush has waited for is lost, in part or wholly; a rewriting leaves a file.
    private mutating func crash() throws {
        silo = nil
        unflushed = [:]
        writeFile("\(directory.silo)/00000000000fffff.open.unfinished", [1, 2, 3])
        for name in TemporaryDirectory.names(directory.silo) where name.hasSuffix(".open") && random.below(2) == 0 {
            // The end of an open shard is torn off, and torn bytes are in its place.
            writeFile("\(directory.silo)/\(name)", readFile("\(directory.silo)/\(name)") + Array("FRME torn".utf8))
        }
        silo = try open()
        #expect(try opened().openReport.damages.isEmpty, "seed \(seed)")
    }

    private mutating func forget(_ domain: Domain) throws {
        try flush()
        let hashes = (contents[domain] ?? [:]).keys.sorted().filter { _ in random.below(3) == 0 }
        try opened().forget(hashes, in: domain)
        for hash in hashes {
            contents[domain]?[hash] = nil
            #expect(try opened().contains(hash, in: domain) == nil, "seed \(seed)")
        }
    }

    private mutating func rewrite(_ domain: Domain) throws {
        let silo = try opened()
        try flush()
        if random.below(2) == 0 { _ = try silo.seal(domain) }
        let sealed = try silo.shards().filter { $0.domain == domain && $0.isSealed && random.below(3) > 0 }.map(\.id)
        guard !sealed.isEmpty else { return }
        let hashes = (contents[domain] ?? [:]).keys.sorted().shuffled(using: &random)
        let order = hashes.map {
            RewriteItem(hash: $0, path: [UInt8(random.below(9))], predecessor: hashes[random.below(hashes.count)])
        }
        let rewrite = try silo.rewrite(
            sealed, in: domain, effort: [.light, .standard, .hard][random.below(3)],
            order: random.below(3) == 0 ? nil : order)
        #expect(rewrite.replaced == sealed.sorted() && rewrite.damaged.isEmpty, "seed \(seed)")
        if random.below(3) > 0 { try silo.delete(rewrite.replaced) }
    }

    func check() throws {
        let silo = try opened()
        for (domain, blobs) in contents {
            for (hash, content) in blobs where try silo.read(hash, in: domain) != content {
                Issue.record("\(hash.hex) is another content; seed \(seed)")
            }
        }
        let report = try silo.verify()
        #expect(report.findings.isEmpty, "seed \(seed): \(report.findings)")
    }
}
