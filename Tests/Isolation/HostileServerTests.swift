import EventLog
import Events
import GitHubSimulator
import Ingest
import OpenSSL
import Projections
import ProviderKit
import Queries
import Silo
import State
import TestSupport
import Testing

/// A tenant whose Git server lies, to be given what another tenant has.
@Suite("a hostile server") struct HostileServerTests {
    /// What a server says that would have another's content counted as its own.
    enum Lie: String, CaseIterable, CustomTestStringConvertible {
        /// A tree names the content, and the pack leaves it out.
        case treeThatNamesIt
        /// The same, by a link and by a program: other modes go other ways.
        case modes
        /// A difference from it that is it.
        case copyOfIt
        /// A difference from it with another end.
        case differenceFromIt
        /// The tree of the other's commit, which the pack leaves out.
        case treeOfTheOther
        /// The other's commit itself, which the pack leaves out.
        case commitOfTheOther

        var testDescription: String { rawValue }
    }

    private static func hex(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }

    /// The pack, and the commit that refs name.
    private static func forged(
        _ lie: Lie, secret: [UInt8], tree victimTree: [UInt8], commit victimCommit: [UInt8]
    ) -> (pack: HandMadePack, commit: [UInt8]) {
        let secretID = HandMadePack.id("blob", secret)
        var pack = HandMadePack()
        var entry = Array("100644 stolen\0".utf8) + secretID
        switch lie {
        case .treeThatNamesIt: break
        case .modes:
            entry = Array("120000 a\0".utf8) + secretID + Array("100755 b\0".utf8) + secretID
        case .copyOfIt, .differenceFromIt:
            let size = UInt8(secret.count)
            // Copy from offset 0, size bytes; then, for another content, one byte more.
            let more: [UInt8] = lie == .copyOfIt ? [] : [1, 33]
            pack.addDelta(over: secretID, [size, size + UInt8(more.count / 2), 0x90, size] + more)
            if lie == .differenceFromIt {
                entry = Array("100644 stolen\0".utf8) + HandMadePack.id("blob", secret + [33])
            }
        case .treeOfTheOther, .commitOfTheOther: break
        }
        let tree = lie == .treeOfTheOther ? victimTree : HandMadePack.id("tree", entry)
        if lie != .treeOfTheOther { pack.add(type: 2, entry) }
        let commit = Array("tree \(hex(tree))\nauthor a <a> 1 +0000\ncommitter b <b> 1 +0000\n\nm".utf8)
        guard lie != .commitOfTheOther else { return (pack, victimCommit) }
        pack.add(type: 1, commit)
        return (pack, HandMadePack.id("commit", commit))
    }

    @Test(
        "gets nothing of another tenant for naming it", arguments: Lie.allCases,
        [(isPrivate: true, isFirst: true), (isPrivate: true, isFirst: false), (isPrivate: false, isFirst: true)])
    func forgedPacks(_ lie: Lie, _ how: (isPrivate: Bool, isFirst: Bool)) async throws {
        try await Ground.run { ground in
            let secret = try Ground.unique(90)
            let theirs = try ground.repository("victim.git", ["secret.txt": secret])
            let victim = try await ground.add("victim.git", for: ground.victim)
            _ = try await ground.engine.sync(victim)
            let row = try ground.engine.repository(victim)
            let tree = try #require(row.lastTree), commit = try #require(row.lastCommit)
            #expect(
                try commit.hex
                    == theirs.git(["rev-parse", "main"]).dropLast().map { String(UnicodeScalar($0)) }.joined())

            _ = try ground.repository("hostile.git", ["own.txt": Array("own\n".utf8)])
            let hostile = try await ground.add("hostile.git", for: ground.hostile, isPrivate: how.isPrivate)
            if !how.isFirst { _ = try await ground.engine.sync(hostile) }
            let forged = Self.forged(lie, secret: secret, tree: tree.bytes, commit: commit.bytes)
            Self.lie(forged, on: ground.server)

            let error = await #expect(throws: IngestError.self) { try await ground.engine.sync(hostile) }
            #expect(error?.failure != nil)
            try Self.expectNothing(of: secret, ground, hostile)
            // The honest server's repository is read as ever.
            ground.server.clearFaults()
            _ = try await ground.engine.sync(hostile, reason: .forced)
            _ = try await ground.engine.sync(victim, reason: .forced)
            try Self.expectNothing(of: secret, ground, hostile)
            #expect(try ground.silo.read(Ground.id(secret), in: .tenant(ground.victim)) == secret)
        }
    }

    /// The server answers everything with the forgery.
    private static func lie(_ forged: (pack: HandMadePack, commit: [UInt8]), on server: GitServer) {
        func packet(_ text: String) -> String {
            let digits = String(text.utf8.count + 4, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits + text
        }
        let commit = hex(forged.commit)
        let refs =
            packet("\(commit) HEAD symref-target:refs/heads/main\n") + packet("\(commit) refs/heads/main\n") + "0000"
        let type = ["Content-Type": "application/x-git-upload-pack-result"]
        server.inject(.answer(status: 200, headers: type, body: Array(refs.utf8)), on: [.lsRefs])
        server.inject(.answer(status: 200, headers: type, body: forged.pack.fetchAnswer), on: [.fetch])
    }

    private static func expectNothing(of secret: [UInt8], _ ground: Ground, _ repository: RepositoryID) throws {
        let queries = try ground.queries(.tenant(ground.hostile))
        for content in [secret, secret + [33]] {
            let hash = try Ground.id(content)
            #expect(throws: QueryError.self) { _ = try queries.blob(hash) }
            for domain in [Domain.public, .tenant(ground.hostile)] {
                #expect(try ground.silo.contains(hash, in: domain) == nil)
                #expect(try ground.state.read { view in try view.blob(hash, in: domain)?.stored } == nil)
            }
        }
        let visible = try ground.state.read { view in try view.visiblePosition(repository) }
        guard let visible else { return }
        try ground.state.read { view in
            try view.forEachFile(repository, asOf: visible) { version in
                #expect(version.path == Array("own.txt".utf8))
                return true
            }
        }
    }
}
