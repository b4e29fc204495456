import Events
import GitHubSimulator
import OpenSSL
import Testing

@testable import ingestor

/// `cat --batch`, held against what `git cat-file --batch` would print.
struct BatchOutputTests {
    @Test func namesAreAnsweredInTheirOrder() async throws {
        try await withTemporaryFolder { folder in
            var tool = Tool(folder: folder)
            try await system("mkdir -p '\(folder)/tree'")
            var contents: [[UInt8]] = [[], Array("one line\n".utf8), Array("no line feed".utf8)]
            // Enough to be read by several threads, one with line feeds alone, one that is read in pieces.
            for number in 0..<700 {
                contents.append(Array("file \(number)\n".utf8) + Array(repeating: 0x61, count: number))
            }
            contents.append([UInt8](repeating: 0x0A, count: 5000))
            contents.append((0..<9 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) })
            for (number, content) in contents.enumerated() { try write(content, to: "\(folder)/tree/\(number)") }
            try await tool.succeed("init")
            try await tool.succeed("sync", "dir:\(folder)/tree")

            var names: [UInt8] = []
            var expected: [UInt8] = []
            func ask(_ name: String, _ answer: [UInt8]) {
                names += Array("\(name)\n".utf8)
                expected += answer
            }
            for content in contents + contents.reversed() {
                let id = try gitID(content)
                ask(id, Array("\(id) blob \(content.count)\n".utf8) + content + Array("\n".utf8))
            }
            let unknown = String(repeating: "ab", count: 20)
            for name in [unknown, "nonsense", "", "dir:\(folder)/tree:none", "dir:\(folder)/other:1"] {
                ask(name, Array("\(name) missing\n".utf8))
            }
            ask("dir:\(folder)/tree:1", Array("\(try gitID(contents[1])) blob 9\none line\n\n".utf8))
            // The last line has no line feed.
            try write(Array(names.dropLast()), to: "\(folder)/names")
            tool.input = "\(folder)/names"
            let answer = try await tool.succeed("cat", "--batch")
            #expect(answer.output.count == expected.count)
            #expect(answer.output == expected)
        }
    }

    @Test func oneNameOrABatchButNotBoth() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try await tool.succeed("init")
            #expect(try await tool("cat").status == 64)
            #expect(try await tool("cat", "--batch", String(repeating: "0", count: 40)).status == 64)
            #expect(try await tool.succeed("cat", "--batch").output.isEmpty)
        }
    }

    private func gitID(_ content: [UInt8]) throws -> String {
        try #require(SHA1Hash(Digest.hash(.sha1, Array("blob \(content.count)\0".utf8) + content))).hex
    }
}

/// `bench dedup` on trees as people have them.
struct BenchDedupTests {
    @Test func aTreeWithAllKindsOfFilesIsMeasured() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            let tree = "\(folder)/a tree"
            try await system(
                """
                mkdir -p '\(tree)/sub/.git' '\(tree)/empty' && cd '\(tree)' && ln -s . loop && ln -s nowhere dangling && mkfifo pipe &&
                echo secret >sub/.git/config && touch nothing && truncate -s 20M sparse && for n in $(seq 300); do
                echo "a line of file $n" >sub/$n; echo "a line of file $n" >sub/copy-$n; done
                """)
            // Named twice, it is measured once.
            let result = try await tool.succeed("bench", "dedup", "--json", tree, "\(tree)/")
            let text = result.text
            for field in [
                "filesPerSecond", "bytesPerSecond", "dedupRatio", "compressionRatio", "limitRatio", "stages",
                "hashBytesPerSecond", "compressBytesPerSecond", "diskBytesPerSecond", "lookUpsPerSecond",
            ] {
                #expect(text.contains("\"\(field)\":"), "\(field) in \(text)")
            }
            #expect(
                text.contains("\"files\":604,"), "600 small ones, an empty one, a sparse one and two links: \(text)")
            #expect(text.contains("\"skipped\":2,"), "the pipe and the folder of Git: \(text)")
            #expect(!text.contains("nan") && !text.contains("inf"), "\(text)")
            let read = try await tool.succeed("bench", "dedup", tree)
            #expect(read.text.contains("left out"))
            #expect(read.text.contains("read ") && read.text.contains("append "))
            #expect(try await tool.succeed("bench", "dedup", "\(tree)/empty").text.contains("0 files"))
        }
    }

    @Test func whatCannotBeMeasuredIsNamed() async throws {
        try await withTemporaryFolder { folder in
            let tool = Tool(folder: folder)
            try write([0x61], to: "\(folder)/file")
            let missing = try await tool("bench", "dedup", "\(folder)/none")
            #expect(missing.status == 1 && missing.messages.contains("/none"))
            let file = try await tool("bench", "dedup", "\(folder)/file")
            #expect(file.status == 1 && file.messages.contains("no directory"))
        }
    }
}
