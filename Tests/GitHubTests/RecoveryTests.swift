import Events
import GitProtocol
import ProviderKit
import TestSupport
import Testing

@testable import GitHub

@Suite("What REST does not tell is found by its hash")
struct RecoveryTests {
    @Test("zones of authors and committers, of signed commits too", arguments: [UInt64(1), 2, 3])
    func zones(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var hasher = ObjectHasher()
        let zones = ["+0000", "-0330", "+0545", "+1400", "-1200", "+0530", "+0845"]
        for _ in 0..<10 {
            let (zone, other) = (zones.randomElement(using: &random) ?? "", zones.randomElement(using: &random) ?? "")
            let seconds = Int64.random(in: 0..<2_000_000_000, using: &random)
            let tree = String(repeating: "4b825dc642cb6eb9a060e54bf8d69288fbee4904", count: 1)
            let parents = (0..<Int.random(in: 0..<3, using: &random)).map { _ in
                Hex.encode((0..<20).map { _ in UInt8.random(in: .min ... .max, using: &random) })
            }
            let message = ["One line", "Two\n\nlines é \"quoted\"", ""].randomElement(using: &random) ?? ""
            let author = "Zoë Zone <zoe@example.org> \(seconds) \(zone)"
            let committer = "C <c@example.org> \(seconds + 5) \(other)"
            let text =
                "tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined()
                + "author \(author)\ncommitter \(committer)\n\n\(message)\n"
            let id = hasher.hash(.commit, Array(text.utf8))
            func person(_ name: String, _ address: String, _ seconds: Int64) -> JSON {
                .object([
                    ("name", .string(name)), ("email", .string(address)),
                    ("date", .string(Timestamp(seconds: seconds).rfc3339)),
                ])
            }
            // The API leaves the last line feed out, or does not.
            let told = Bool.random(using: &random) ? message : message + "\n"
            func json(_ extra: [(String, JSON)] = [], id: String) -> JSON {
                .object(
                    [
                        ("sha", .string(id)), ("tree", .object([("sha", .string(tree))])),
                        ("parents", .array(parents.map { .object([("sha", .string($0))]) })),
                        ("author", person("Zoë Zone", "zoe@example.org", seconds)),
                        ("committer", person("C", "c@example.org", seconds + 5)), ("message", .string(told)),
                    ] + extra)
            }
            let found = try CommitRecovery(json(id: id.hex), id: id).result()
            #expect(found.isExact)
            #expect(found.author == Array(author.utf8))
            #expect(found.committer == Array(committer.utf8))
            #expect(found.tree.hex == tree)
            // A signed one has another id, and its text.
            let signed = ObjectID(hex: String(repeating: "ab", count: 20)) ?? .zero
            let payload = JSON.object([("payload", .string(text)), ("signature", .string("-----"))])
            let proven = try CommitRecovery(json([("verification", payload)], id: signed.hex), id: signed).result()
            #expect(proven.isExact && proven.author == found.author && proven.committer == found.committer)
            // One that has a header which the API does not tell: in UTC.
            let unknown = try CommitRecovery(json(id: signed.hex), id: signed).result()
            #expect(!unknown.isExact)
            #expect(unknown.author.elementsEqual("Zoë Zone <zoe@example.org> \(seconds) +0000".utf8))
        }
    }

    @Test("bytes that are no UTF-8 and directories with a padded mode", arguments: [UInt64(1), 2, 3])
    func names(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var hasher = ObjectHasher()
        for _ in 0..<6 {
            let isPadded = Bool.random(using: &random)
            var entries: [TreeEntry] = []
            for index in 0..<Int.random(in: 1..<20, using: &random) {
                let isDirectory = Bool.random(using: &random)
                entries.append(
                    TreeEntry(
                        mode: isDirectory ? .directory : .file, name: Array("entry \(index)".utf8),
                        id: ObjectID((0..<20).map { _ in UInt8.random(in: .min ... .max, using: &random) }) ?? .zero,
                        isModePadded: isDirectory && isPadded))
            }
            func rename(_ index: Int, _ name: [UInt8]) {
                entries[index] = TreeEntry(
                    mode: entries[index].mode, name: name, id: entries[index].id,
                    isModePadded: entries[index].isModePadded)
            }
            // A tree is padded as a whole or has lost bytes; both at once is rarer than a look for it costs.
            if !isPadded {
                rename(0, [0x6e, UInt8.random(in: 0x80...0xff, using: &random)] + Array("\u{fffd}".utf8))
            }
            entries.sort(by: Tree.precedes)
            let tree = Tree.hash(entries, with: &hasher)
            let told = entries.map { entry in
                TreeEntry(
                    mode: entry.mode, name: Array(String(decoding: entry.name, as: UTF8.self).utf8), id: entry.id)
            }
            let found = try #require(NameRecovery.entries(told, of: tree))
            #expect(found.sorted(by: Tree.precedes) == entries)
        }
        // Too many to find: it says so instead of looking for ever.
        let lost = (0..<30).map { index in
            TreeEntry(mode: .file, name: Array("\u{fffd}\u{fffd}\(index)".utf8), id: .zero)
        }
        #expect(NameRecovery.entries(lost, of: .emptyTree) == nil)
    }

    @Test("a validator reads what it wrote, and nothing else")
    func validator() throws {
        let commit = try #require(SHA1Hash(hex: String(repeating: "1f", count: 20)))
        let validator = Validator(commit: commit, ref: Array("refs/heads/é".utf8) + [0xff], etag: "W/\"a b\"")
        #expect(Validator(validator.bytes) == validator)
        for text in [
            "", "x", "W/\"abc\"", commit.hex, "\(commit.hex) refs/heads/main", "\(commit.hex)  x", "\(commit.hex) x ",
        ] {
            #expect(Validator(Array(text.utf8)) == nil)
        }
    }

    @Test("names are one however they are written, and what GitHub would not take is none")
    func repositoryNames() {
        #expect(RepositoryName("PyGithub/PyGithub")?.description == "pygithub/pygithub")
        #expect(RepositoryName("a/.github")?.locator.description == "github:a/.github")
        for text in [
            "", "a", "a/", "/b", "a/b/c", "a/..", "-a/b", "a b/c", "a/b?c", "a/b%2e", "é/a",
            String(repeating: "a", count: 40) + "/b",
        ] {
            #expect(RepositoryName(text) == nil, "\(text)")
        }
    }
}
