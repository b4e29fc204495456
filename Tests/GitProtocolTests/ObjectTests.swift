import GitProtocol
import Testing

struct ObjectTests {
    @Test func idsAndHashes() throws {
        #expect(objectID(.blob, []).hex == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
        #expect(objectID(.tree, []) == .emptyTree)
        let id = try #require(ObjectID(hex: "E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391"))
        #expect(id == objectID(.blob, []) && ObjectID(id.bytes) == id && id.bytes.count == 20)
        for bad in ["", "e69d", String(repeating: "g", count: 40), String(repeating: "a", count: 41)] {
            #expect(ObjectID(hex: bad) == nil)
        }
        var random = SeededRandom(seed: 1)
        for _ in 0..<1000 {
            let bytes = (0..<2).map { _ in (0..<20).map { _ in UInt8.random(in: 0..<3, using: &random) } }
            let (left, right) = (try #require(ObjectID(bytes[0])), try #require(ObjectID(bytes[1])))
            #expect((left < right) == bytes[0].lexicographicallyPrecedes(bytes[1]))
            #expect(ObjectID(hex: left.hex) == left)
        }
    }

    /// Trees that Git wrote, read and written again, and sorted as Git does.
    @Test func treesComeBackTheSame() throws {
        let repository = try Repository()
        for name in ["a", "a.c", "a0", "ab/x", "b-/y", "b/z", "B", "\u{e9}", "z\n", "-"] {
            try repository.write(Array(name.utf8), to: name)
        }
        _ = try repository.commit("one")
        var hasher = ObjectHasher()
        var random = SeededRandom(seed: testSeed("treesComeBackTheSame"))
        var count = 0
        for (id, object) in try repository.objects() where object.kind == .tree {
            let entries = try Tree.parse(object.content)
            #expect(Tree.serialize(entries.shuffled(using: &random)) == object.content)
            #expect(Tree.hash(entries, with: &hasher) == id)
            count += 1
        }
        #expect(count == 4)
    }

    @Test func unsafeNamesAreFoundAndMalformedTreesRefused() throws {
        let id = ObjectID.emptyTree
        func tree(_ entries: (String, String)...) -> [UInt8] {
            entries.flatMap { Array("\($0.0) \($0.1)\0".utf8) + id.bytes }
        }
        let findings: [(String, TreeEntry.UnsafeName?)] = [
            ("", .empty), (".", .relative), ("..", .relative), (".git", .gitDirectory), (".GiT", .gitDirectory),
            ("a/b", .containsSlash), ("...", nil), (".gitx", nil), ("a\nb", nil),
        ]
        for (name, finding) in findings {
            let entries = try Tree.parse(tree(("100644", name)))
            #expect(entries.first?.unsafeName == finding)
        }
        #expect(TreeEntry.unsafeName([97, 0]) == .containsNUL)
        for (first, second) in [("a", "a"), ("b", "a"), ("a", "a.c")] {
            let sound = first == "a" && second == "a.c"
            let bytes = tree(("100644", first), ("100644", second))
            if sound {
                _ = try Tree.parse(bytes)
            } else {
                #expect(throws: GitFormatError.self) { try Tree.parse(bytes) }
            }
        }
        // A file and a directory of one name, not neighbours.
        #expect(throws: GitFormatError.self) {
            try Tree.parse(tree(("100644", "a"), ("100644", "a.c"), ("40000", "a")))
        }
        for mode in ["", "8", "100648", "0", "0040000", "10064400", "-1", "0x1"] {
            #expect(throws: GitFormatError.self) { try Tree.parse(tree((mode, "a"))) }
        }
        let padded = tree(("040000", "a"))
        #expect(try Tree.serialize(Tree.parse(padded)) == padded)
        let whole = tree(("100644", "a"))
        for length in 1..<whole.count {
            #expect(throws: GitFormatError.self) { try Tree.parse(Array(whole[..<length])) }
        }
    }

    @Test func aTreeOf3000LevelsIsReadWithoutRecursion() throws {
        var builder = PackBuilder()
        var child = TreeEntry(mode: .file, name: [97], id: objectID(.blob, [1]))
        builder.add(.blob, [1])
        for _ in 0..<3000 {
            let content = Tree.serialize([child])
            builder.add(.tree, content)
            child = TreeEntry(mode: .directory, name: [100], id: objectID(.tree, content))
        }
        let directory = try TemporaryDirectory()
        let pack = try Pack.open(path: directory.write(builder.finish(), to: "deep"))
        let reader = try PackReader(pack)
        var depth = 0
        var current = child
        while current.mode.isDirectory {
            current = try #require(try Tree.parse(reader.read(current.id, maxBytes: 1 << 20).content).first)
            depth += 1
        }
        #expect(depth == 3000)
    }

    @Test func commits() throws {
        let repository = try Repository()
        let first = try repository.commit("one")
        let second = try repository.commit("two\n\nbody")
        let objects = try repository.objects()
        let commit = try Commit(parsing: try #require(objects[second]).content)
        #expect(commit.tree == .emptyTree)
        #expect(commit.parents == [first])
        #expect(commit.author == Array("A <a@example.org> 1700000000 +0000".utf8))
        #expect(commit.committedAtSeconds == 1_700_000_000)
        #expect(commit.message == Array("two\n\nbody\n".utf8))
        for bad in [
            "", "tree x\n", "tree \(first)\n", "parent \(first)\n", "tree \(first)\nparent y\nauthor a\ncommitter b\n",
        ] {
            #expect(throws: GitFormatError.self) { try Commit(parsing: Array(bad.utf8)) }
        }
    }
}
