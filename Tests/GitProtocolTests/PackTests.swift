import Foundation
import GitProtocol
import Testing

/// Packs of the real Git, read back and compared with what Git itself says is in them.
struct PackTests {
    /// A history that gives deltas of blobs and trees, a tag, a symlink, empty files and odd names.
    private static func history() throws -> Repository {
        let repository = try Repository()
        var random = SeededRandom(seed: 7)
        var lines = (0..<400).map { "line \($0) \(UInt32.random(in: 0 ... .max, using: &random))" }
        for commit in 0..<30 {
            lines[Int.random(in: 0..<lines.count, using: &random)] = "changed in \(commit)"
            try repository.write(Array(lines.joined(separator: "\n").utf8), to: "src/a.txt")
            try repository.write(Array(lines.reversed().joined(separator: "\n").utf8), to: "src/deep/er/b.txt")
            for name in 0..<10 { try repository.write(Array("\(name) \(commit / (name + 1))".utf8), to: "f/\(name)") }
            if commit == 3 {
                try repository.write([], to: "empty")
                try FileManager.default.createSymbolicLink(
                    atPath: repository.path + "/link", withDestinationPath: "src/a.txt")
            }
            _ = try repository.commit("commit \(commit)")
        }
        try repository.git("tag", "-a", "-m", "a tag", "v1")
        return repository
    }

    private static func ids(_ repository: Repository) throws -> [UInt8] {
        Array(try repository.objects().keys.map(\.hex).joined(separator: "\n").utf8)
    }

    /// Reads a pack through every path there is, and compares.
    private static func check(
        _ path: String, against objects: [ObjectID: RawObject], bases: any BaseProvider = NoBases(),
        limits: PackLimits = PackLimits(), expecting count: Int
    ) throws {
        let observer = Recorder()
        let pack = try Pack.open(path: path, limits: limits, bases: bases, observer: observer)
        #expect(pack.objectCount == count)
        #expect(observer.objects.count == Set((0..<count).map { pack[$0].id }).count)
        for (id, object) in observer.objects { #expect(objects[id] == object) }
        let reader = try PackReader(pack)
        for index in stride(from: 0, to: pack.objectCount, by: 1).reversed() {
            #expect(try reader.read(pack[index].id, maxBytes: 1 << 20) == objects[pack[index].id])
        }
        let cursor = try ObjectCursor(pack) { $0.id.bytes[0] % 2 == 0 }
        var seen = 0
        while let object = try cursor.next() {
            seen += 1
            #expect(object.id.bytes[0] % 2 == 0)
            #expect(try cursor.readAll(maxBytes: 1 << 20) == objects[object.id]?.content)
        }
        #expect(seen == (0..<count).filter { pack[$0].id.bytes[0] % 2 == 0 }.count)
    }

    @Test(arguments: [
        [], ["--delta-base-offset"], ["--depth=0"], ["--delta-base-offset", "--depth=500", "--window=50"],
    ])
    func readsWhatGitPacks(_ options: [String]) throws {
        let repository = try Self.history()
        let objects = try repository.objects()
        let name = String(
            decoding: try repository.git(
                ["pack-objects", "-q"] + options + [repository.directory.file("p")], input: try Self.ids(repository)),
            as: UTF8.self
        ).trimmingCharacters(in: .newlines)
        let path = repository.directory.file("p-\(name).pack")
        let isDeltified = try repository.text("verify-pack", "-v", path).contains("chain length")
        #expect(isDeltified == !options.contains("--depth=0"))
        try Self.check(path, against: objects, expecting: objects.count)
        var tight = PackLimits()
        tight.baseCacheBytes = 3000
        tight.maxHeapObjectBytes = 4000
        try Self.check(path, against: objects, limits: tight, expecting: objects.count)
    }

    @Test func readsThinPacks() throws {
        let repository = try Self.history()
        let objects = try repository.objects()
        let pack = try repository.git(
            "pack-objects", "-q", "--thin", "--stdout", "--revs", "--delta-base-offset", "--shallow",
            input: Array("HEAD\n--not\nHEAD~10\n".utf8))
        let path = try repository.directory.write(pack, to: "thin.pack")
        let count = pack[8..<12].reduce(0) { $0 << 8 | Int($1) }
        try Self.check(path, against: objects, bases: Objects(objects: objects), expecting: count)
        let error = #expect(throws: GitFormatError.self) { try Pack.open(path: path) }
        #expect(error?.code == .missingBase)
        let wrong = objects.mapValues { RawObject(kind: $0.kind, content: $0.content + [0]) }
        let lie = #expect(throws: GitFormatError.self) {
            try Pack.open(path: path, bases: Objects(objects: wrong))
        }
        #expect(lie?.code == .hashMismatch)
    }

    @Test func takesAPackInPiecesOfAnySize() throws {
        let repository = try Self.history()
        let objects = try repository.objects()
        let bytes = try repository.git(
            "pack-objects", "-q", "--stdout", "--delta-base-offset", input: try Self.ids(repository))
        var random = SeededRandom(seed: testSeed("takesAPackInPiecesOfAnySize"))
        for longest in [1, 40, 5000, 1 << 20] {
            let path = repository.directory.file("spooled")
            var limits = PackLimits()
            limits.spoolBufferBytes = longest
            let observer = Recorder()
            let spool = try PackSpool(path: path, limits: limits, observer: observer)
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...longest, using: &random))
                try piece.withUnsafeBytes { try spool.append($0) }
                rest = rest.dropFirst(piece.count)
            }
            #expect(try spool.finish().objectCount == objects.count)
            #expect(try read(path) == bytes)
            #expect(observer.objects == objects)
        }
    }

    @Test func streamsGreatBlobsInPieces() throws {
        var random = SeededRandom(seed: 3)
        let blob = (0..<3_000_000).map { _ in UInt8.random(in: 0..<4, using: &random) }
        var builder = PackBuilder()
        builder.add(.blob, blob)
        let directory = try TemporaryDirectory()
        let pack = try Pack.open(path: directory.write(builder.finish(), to: "p"))
        let cursor = try ObjectCursor(pack) { _ in true }
        let object = try #require(try cursor.next())
        #expect(object.id == objectID(.blob, blob))
        var content: [UInt8] = []
        while let count = try cursor.nextPiece({ (bytes) -> Int in
            content.append(contentsOf: bytes)
            return bytes.count
        }) {
            #expect(count <= 1 << 20)
        }
        #expect(content == blob)
        #expect(try cursor.next() == nil)
    }
}

struct Objects: BaseProvider {
    let objects: [ObjectID: RawObject]
    func base(_ id: ObjectID) -> RawObject? { objects[id] }
}

final class Recorder: PackObserver {
    private(set) var objects: [ObjectID: RawObject] = [:]
    private var kind = ObjectKind.blob
    private var content: [UInt8] = []

    func begin(_ kind: ObjectKind, sizeBytes: UInt64) {
        self.kind = kind
        content = []
    }

    func take(_ bytes: UnsafeRawBufferPointer) { content.append(contentsOf: bytes) }

    func end(_ id: ObjectID) { objects[id] = RawObject(kind: kind, content: content) }
}
