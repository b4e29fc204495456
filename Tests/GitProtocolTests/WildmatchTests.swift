import Foundation
import GitProtocol
import Testing

struct WildmatchTests {
    @Test(.enabled(if: sharedData != nil, "the folder of given material is absent"))
    func vectorsOfGit() throws {
        let lines = String(decoding: try read(sharedData.map { $0 + "/wildmatch-half.tsv" } ?? ""), as: UTF8.self)
            .split(separator: "\n")
        #expect(lines.count == 95)
        for line in lines {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let text = Array(fields[4].utf8)
            let pattern = Array(fields[5].utf8)
            for (column, (ignoresCase, crosses)) in [(false, false), (true, false), (false, true), (true, true)]
                .enumerated()
            {
                let match = Wildmatch(pattern, ignoresCase: ignoresCase, starCrossesSlash: crosses)
                #expect(match.matches(text) == (fields[column] == "1"), "column \(column + 1) of \(line)")
            }
        }
    }

    /// Against the wildmatch inside `git ls-files`, over random patterns and names.
    @Test func sameAsGit() throws {
        var random = SeededRandom(seed: testSeed("sameAsGit"))
        let repository = try Repository()
        let names = Set((0..<300).map { _ in Self.path(&random) })
        // A name that is a directory of another cannot stand in the index beside it.
        let files = names.filter { name in !names.contains { $0.hasPrefix(name + "/") } }
        let index = files.map { "100644 \(ObjectID.emptyTree.hex)\t\($0)\n" }.joined()
        try repository.git("update-index", "--add", "--index-info", input: Array(index.utf8))
        for _ in 0..<150 {
            // Ends in a class: for a single star Git takes a short cut that crosses slashes.
            let pattern = Self.pattern(&random) + "[x]"
            // Git makes one slash of two in a pathspec before it matches.
            if pattern.contains("//") { continue }
            for ignoresCase in [false, true] {
                let output = try repository.git("ls-files", "-z", ":(glob\(ignoresCase ? ",icase" : ""))\(pattern)")
                let expected = Set(output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
                let match = Wildmatch(Array(pattern.utf8), ignoresCase: ignoresCase)
                let found = Set(files.filter { match.matches(Array($0.utf8)) })
                let difference = found.symmetricDifference(expected).sorted().prefix(3)
                #expect(difference.isEmpty, "pattern \(pattern), ignoring case: \(ignoresCase), Git: \(expected.count)")
            }
        }
    }

    /// `PathFilter`'s exclusion against `git check-ignore`, and pruning against the filter itself.
    @Test func filterIsLikeGitIgnore() throws {
        var random = SeededRandom(seed: testSeed("filterIsLikeGitIgnore"))
        let repository = try Repository()
        let paths = Array(Set((0..<200).map { _ in Self.path(&random) }))
        let input = Array(paths.joined(separator: "\0").utf8)
        for _ in 0..<250 {
            let pattern =
                (Bool.random(using: &random) ? "" : "/") + Self.pattern(&random)
                + (Bool.random(using: &random) ? "" : "/")
            if pattern.contains("//") { continue }
            guard let filter = try? PathFilter(include: [], exclude: [Array(pattern.utf8)]) else { continue }
            try repository.write(Array(pattern.utf8), to: ".git/info/exclude")
            // Exits 1 where nothing is ignored.
            let output =
                (try? repository.git(["check-ignore", "--no-index", "--stdin", "-z"], input: input)) ?? []
            let ignored = Set(output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            let including = try PathFilter(include: [Array(pattern.utf8)], exclude: [])
            for path in paths {
                let bytes = Array(path.utf8)
                #expect(filter.matches(bytes) == !ignored.contains(path), "path \(path), pattern \(pattern)")
                #expect(including.matches(bytes) == ignored.contains(path), "path \(path), pattern \(pattern)")
                for slash in bytes.indices where bytes[slash] == UInt8(ascii: "/") {
                    let directory = Array(bytes[..<slash])
                    if filter.matches(bytes) { #expect(filter.couldMatchBelow(directory)) }
                    if including.matches(bytes) { #expect(including.couldMatchBelow(directory)) }
                }
            }
        }
    }

    @Test func filterSemantics() throws {
        func filter(_ include: [String], _ exclude: [String] = []) throws -> PathFilter {
            try PathFilter(include: include.map { Array($0.utf8) }, exclude: exclude.map { Array($0.utf8) })
        }
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        let swift = try filter(["*.swift", "/docs/"], ["Tests/", "docs/internal/**"])
        #expect(swift.matches(bytes("Sources/A/B.swift")))
        #expect(!swift.matches(bytes("A/Tests/B.swift")))
        #expect(swift.matches(bytes("docs/a/b.md")))
        #expect(!swift.matches(bytes("a/docs/b.md")))
        #expect(!swift.couldMatchBelow(bytes("Tests")))
        #expect(!swift.couldMatchBelow(bytes("docs/internal")))
        let anchored = try filter(["src/*/main.c"])
        #expect(anchored.couldMatchBelow(bytes("src")))
        #expect(anchored.couldMatchBelow(bytes("src/x")))
        #expect(!anchored.couldMatchBelow(bytes("src/x/y")))
        #expect(!anchored.couldMatchBelow(bytes("lib")))
        #expect(throws: GitFormatError.self) { try filter(["a[b"]) }
        #expect(throws: GitFormatError.self) { try filter(["/"]) }
        #expect(try filter(["\u{e9}t\u{e9}*"]).matches(bytes("x/\u{e9}t\u{e9}.txt")))
    }

    @Test func hostilePatternsTakeBoundedTime() {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 4000)
        for part in ["a*", "**/a*", "*a?"] {
            let pattern = Array(String(repeating: part, count: 300).utf8) + [UInt8(ascii: "b")]
            let time = ContinuousClock().measure { #expect(!Wildmatch(pattern).matches(text)) }
            #expect(time < .seconds(5))
        }
    }

    private static func path(_ random: inout SeededRandom) -> String {
        (0...Int.random(in: 0..<4, using: &random)).map { _ in
            String(
                (0...Int.random(in: 0..<3, using: &random)).map { _ in "abAB-].1"[Int.random(in: 0..<8, using: &random)]
                })
        }.filter { $0 != "." && $0 != ".." }.joined(separator: "/") + "x"
    }

    private static func pattern(_ random: inout SeededRandom) -> String {
        let parts = [
            "a", "b", "A", "*", "**", "?", "/", "**/", "/**/", "[ab]", "[!a]", "[A-Z]", "[[:alpha:]]", "\\a", "x", "-",
        ]
        var pattern = ""
        for _ in 0...Int.random(in: 0..<5, using: &random) {
            pattern += parts[Int.random(in: 0..<parts.count, using: &random)]
        }
        while pattern.hasPrefix("/") { pattern.removeFirst() }
        // Git takes literal beginnings off before it calls wildmatch, which gives `a**/` the meaning of `a` and `**/`.
        let literal = pattern.prefix { !"*?[\\".contains($0) }
        if !literal.isEmpty, !literal.hasSuffix("/") {
            pattern = literal + "/" + pattern.dropFirst(literal.count)
        }
        return pattern.replacingOccurrences(of: "//", with: "/")
    }
}

extension String {
    fileprivate subscript(offset: Int) -> Character { self[index(startIndex, offsetBy: offset)] }
}
