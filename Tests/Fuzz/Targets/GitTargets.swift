#if FUZZABLE
    import Inflate
    import OpenSSL
    import TestSupport

    @testable import GitProtocol

    extension FuzzTarget {
        public static let git = [packets, pack, delta, tree, commit, patterns]

        /// Answers of Git servers. However they are cut into pieces, the same comes of them.
        private static let packets = FuzzTarget("packets") {
            var writer = PacketWriter()
            for line in ["version 2", "agent=git/2.39", "ls-refs=unborn", "fetch=shallow filter", "object-format=sha1"]
            {
                writer.line(line)
            }
            writer.flush()
            var refs = PacketWriter()
            refs.line("\(ObjectID.emptyTree) HEAD symref-target:refs/heads/main")
            refs.line("\(ObjectID.emptyTree) refs/tags/v1 peeled:\(ObjectID.emptyTree)")
            refs.flush()
            var fetch = PacketWriter()
            fetch.line("shallow-info")
            fetch.line("shallow \(ObjectID.emptyTree)")
            fetch.delimiter()
            fetch.line("packfile")
            fetch.line("\u{2}counting")
            fetch.line("\u{1}PACK")
            fetch.flush()
            return [
                writer.bytes, refs.bytes, fetch.bytes, Array("0010ERR gone\n0000".utf8), Array("0001000200030004".utf8),
            ]
        } run: { input in
            func read(_ pieces: Int) -> [String] {
                var advertisement = AdvertisementParser()
                var refs = RefsParser()
                var fetch = FetchParser()
                var pack: [UInt8] = []
                func each(_ take: (UnsafeRawBufferPointer) throws -> Void) -> String {
                    do {
                        try input.withUnsafeBytes { bytes in
                            var rest = bytes[...]
                            while !rest.isEmpty {
                                try take(UnsafeRawBufferPointer(rebasing: rest.prefix(pieces)))
                                rest = rest.dropFirst(pieces)
                            }
                        }
                        return "taken"
                    } catch {
                        return String(describing: error)
                    }
                }
                func end<R>(_ finish: () throws -> R) -> String {
                    do { return String(describing: try finish()) } catch { return String(describing: error) }
                }
                return [
                    each { try advertisement.feed($0) }, each { try refs.feed($0) },
                    each { try fetch.feed($0) { pack.append(contentsOf: $0) } },
                    end { try advertisement.finish().values.sorted { $0.key < $1.key }.map(\.value) },
                    end { try refs.finish() }, end { try fetch.finish() }, String(describing: pack),
                ]
            }
            expect(read(max(1, input.count)) == read(1 + input.count % 7), "packets do not depend on how they arrive")
        }

        private static let packLimits: PackLimits = {
            var limits = PackLimits()
            limits.maxDeltaResultBytes = 1 << 20
            limits.maxObjectBytes = 16 << 20
            limits.maxResolvedBytes = 16 << 20
            limits.maxObjects = 10_000
            limits.baseCacheBytes = 1 << 16
            limits.spoolBufferBytes = 1 << 12
            return limits
        }()

        /// Whole packs. The trailer is made to fit, so that what comes before it is reached; an object has the id that is its
        /// content's.
        private static let pack = FuzzTarget("pack", maximumByteCount: 16_384) {
            [PackSeeds.small, PackSeeds.thin, PackSeeds.empty]
        } run: { input in
            guard input.count > 20 else { return }
            let body = Array(input.dropLast(20))
            let bytes = body + Digest.hash(.sha1, body)
            let path = FuzzFolder.path("pack")
            let spool = try PackSpool(path: path, limits: packLimits, observer: IDChecker())
            try bytes.withUnsafeBytes { try spool.append($0) }
            let pack = try spool.finish(bases: OneBase())
            let reader = try PackReader(pack)
            for index in 0..<min(pack.objectCount, 64) where pack[index].sizeBytes <= 1 << 16 {
                let object = try reader.read(pack[index].id, maxBytes: 1 << 16)
                var hasher = ObjectHasher()
                expect(hasher.hash(object.kind, object.content) == pack[index].id, "an object has its own id")
            }
        }

        /// Base and delta, split at the length that the first two bytes say.
        private static let delta = FuzzTarget("delta") {
            let base = Array("The quick brown fox jumps over the lazy dog.".utf8)
            let copy: [UInt8] = [UInt8(base.count), 12, 0x91, 4, 9, 3, 1, 2, 3]
            return [
                [0, UInt8(base.count)] + base + copy, [0, 0, 0, 1, 1, 7],
                [0, 1, 9, 1, 4, 0x90, 1, 0x90, 1, 0x90, 1, 0x90, 1],
            ]
        } run: { input in
            guard input.count > 2 else { return }
            let split = min(Int(input[0]) << 8 | Int(input[1]), input.count - 2)
            let base = Array(input[2..<2 + split])
            let delta = Array(input[(2 + split)...])
            let header = try delta.withUnsafeBytes { try Delta.header(of: $0) }
            guard header.resultBytes <= 1 << 20 else { return }
            // Exact lengths on the heap, so that a byte beyond is seen.
            var result = [UInt8](repeating: 0, count: Int(header.resultBytes))
            try delta.withUnsafeBytes { delta in
                try base.withUnsafeBytes { base in
                    try result.withUnsafeMutableBytes { try Delta.apply(delta, to: base, into: $0) }
                }
            }
        }

        /// What is read of a tree is what is written of it.
        private static let tree = FuzzTarget("tree") {
            let id = ObjectID.emptyTree
            return [
                Tree.serialize([
                    TreeEntry(mode: .file, name: Array("a".utf8), id: id),
                    TreeEntry(mode: FileMode(rawValue: 0o040000), name: Array("b".utf8), id: id),
                    TreeEntry(mode: FileMode(rawValue: 0o120000), name: Array("c".utf8), id: id),
                    TreeEntry(mode: FileMode(rawValue: 0o160000), name: Array("d".utf8), id: id),
                ]),
                Array("040000 dir\0".utf8) + id.bytes,
            ]
        } run: { input in
            let entries = try Tree.parse(input)
            expect(Tree.serialize(entries) == input, "a tree is written as it was read")
            for entry in entries { _ = TreeEntry.unsafeName(entry.name) }
        }

        private static let commit = FuzzTarget("commit") {
            let id = ObjectID.emptyTree
            return [
                Array("tree \(id)\nparent \(id)\nauthor A <a@b> 1 +0000\ncommitter B <b> 2 -0130\n\nmessage\n".utf8),
                Array("tree \(id)\nauthor a\ncommitter b\ngpgsig x\n y\n\n".utf8),
            ]
        } run: { input in
            _ = try Commit(parsing: input)
        }

        /// Patterns, a newline, and a path. Case and directories cost no more than their length.
        private static let patterns = FuzzTarget("patterns", maximumByteCount: 512) {
            [
                "src/**/*.swift\nsrc/a/b.swift", "!(a|b)\n*", "[[:alpha:]-z]*?\\*\nq", "**/a/**/b\nx/a/y/b", "[!a-\nb",
                "*a*a*a*a*a*a*b\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ].map { Array($0.utf8) }
        } run: { input in
            let parts = input.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
            let (pattern, path) = (parts[0], parts.count > 1 ? parts[1] : [])
            for ignoresCase in [false, true] {
                let filter = try PathFilter(include: [pattern], exclude: [path], ignoresCase: ignoresCase)
                if filter.matches(path) {
                    // What is taken is never below a directory that was passed by.
                    for slash in path.indices where path[slash] == UInt8(ascii: "/") && slash > 0 {
                        expect(filter.couldMatchBelow(Array(path[..<slash])), "a match is not passed by")
                    }
                }
            }
        }
    }

    /// Holds what a pack shows against its id.
    private final class IDChecker: PackObserver {
        private var hasher = ObjectHasher()

        func begin(_ kind: ObjectKind, sizeBytes: UInt64) { hasher.begin(kind, sizeBytes: sizeBytes) }
        func take(_ bytes: UnsafeRawBufferPointer) { hasher.update(bytes) }
        func end(_ id: ObjectID) { expect(hasher.finish() == id, "what passes by has its id") }
    }

    private struct OneBase: BaseProvider {
        func base(_ id: ObjectID) -> RawObject? {
            id == PackSeeds.baseID ? RawObject(kind: .blob, content: PackSeeds.base) : nil
        }
    }

    enum PackSeeds {
        static let base = Array("a base that lies elsewhere".utf8)
        static let baseID: ObjectID = {
            var hasher = ObjectHasher()
            return hasher.hash(.blob, base)
        }()

        static var empty: [UInt8] { HandMadePack().bytes }

        static var small: [UInt8] {
            let text = Array("The quick brown fox\n".utf8)
            var pack = HandMadePack()
            pack.add(type: 2, Array("100644 a\0".utf8) + baseID.bytes)
            pack.add(type: 1, Array("tree \(ObjectID.emptyTree)\nauthor a\ncommitter b\n\nm".utf8))
            pack.add(type: 3, [])
            pack.add(type: 3, text)
            // Its base takes two bytes of head and eleven of its stream beside what is in it.
            pack.addDelta(back: UInt8(13 + text.count), [UInt8(text.count), 3, 3, 1, 2, 3])
            return pack.bytes
        }

        static var thin: [UInt8] {
            var pack = HandMadePack()
            pack.addDelta(over: baseID.bytes, [UInt8(base.count), 4, 0x90, 4])
            return pack.bytes
        }
    }
#endif
