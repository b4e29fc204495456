#if FUZZABLE
    import EventGenerator
    import EventLog
    import Glibc
    import OpenSSL

    @testable import Events
    @testable import Silo

    extension FuzzTarget {
        public static let stores = [record, logFile, shard, store]

        /// Records of the log.
        private static let record = FuzzTarget("record") {
            var generator = SeededGenerator(seed: 11)
            return EventKind.allCases.map { kind in
                EventDraft(generator.event(kind), tenant: TenantID(1)).encode(at: Timestamp(seconds: 1_750_000_000))
            }
        } run: { input in
            let envelope = try Envelope(record: input.span.bytes, at: LogPosition(3))
            _ = envelope.event.json
        }

        /// A log in a file, which somebody wants to import.
        private static let logFile = FuzzTarget("log-file", maximumByteCount: 16_384) {
            var seeds: [[UInt8]] = []
            for format in [LogFileFormat.protobuf, .ndjson] {
                var encoder = LogFileEncoder(format)
                var bytes = encoder.start(from: LogPosition(0))
                var tree = RecordTree()
                seeds.append(bytes + encoder.end(tree.head()))
                // The records have no hash yet, as the writer gives it to them: their frames are read all the same.
                var stream = EventStream(seed: 5)
                for (index, next) in stream.next(4).enumerated() {
                    let record = next.draft.encode(at: next.time)
                    bytes += encoder.record(record, at: LogPosition(UInt64(index))) { [] }
                }
                seeds.append(bytes)
            }
            return seeds
        } run: { input in
            var rest = [input]
            var decoder = LogFileDecoder { rest.popLast() ?? [] }
            while try decoder.frame() != nil {}
        }

        /// Frames, index, trailer and header of a shard. Checksums are made to fit, so that what is behind them is reached.
        private static let shard = FuzzTarget("shard", maximumByteCount: 16_384) {
            try ShardSeeds.make()
        } run: { input in
            var digest = Digest(.sha256)
            let bytes = ShardSeeds.repaired(input, &digest)
            let path = FuzzFolder.path("shard")
            FuzzFolder.write(bytes, to: path)
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            expect(descriptor >= 0, "the input can be read")
            let file = ShardFile(id: ShardSeeds.id, descriptor: descriptor, keys: FixedKeys())
            _ = try? file.header(&digest)
            _ = try? file.cipher()
            let end = (try? file.trailer(&digest))?.indexOffset ?? UInt64(bytes.count)
            var scanner = FrameScanner(file, range: UInt64(ShardHeader.byteCount)..<end, readsPayloads: true)
            while let item = try scanner.next() {
                guard case .frame(let head, let offset) = item, head.unknown == nil, head.isConsistent else { continue }
                guard let payload = try scanner.payload(of: head, at: offset) else { continue }
                if head.kind == .partList {
                    _ = try? PartReference.decode(Array(payload), blobByteCount: head.blobs[0].byteCount)
                }
            }
        }

        /// A whole store whose one shard is the input: opened, verified, and read from.
        private static let store = FuzzTarget("store", maximumByteCount: 16_384) {
            try ShardSeeds.make()
        } run: { input in
            var digest = Digest(.sha256)
            let folder = FuzzFolder.path("store")
            FuzzFolder.remove(folder)
            expect(mkdir(folder, 0o700) == 0 && mkdir("\(folder)/silo", 0o700) == 0, "there is a folder for the store")
            let isSealed = input.suffix(8).elementsEqual(ShardTrailer.magic)
            FuzzFolder.write(
                ShardSeeds.repaired(input, &digest), to: "\(folder)/silo/\(ShardSeeds.fileName(isSealed: isSealed))")
            let silo = try Silo.open(
                directory: "\(folder)/silo", locations: "\(folder)/locations", mode: .reader,
                options: ShardSeeds.options)
            _ = try silo.verify()
            for domain in [Domain.public, .tenant(TenantID(1))] {
                for content in ShardSeeds.contents {
                    let bytes: [UInt8]
                    do { bytes = try silo.read(ShardSeeds.hash(content), in: domain) } catch { continue }
                    expect(bytes == content, "what is read under a hash is what has it")
                }
            }
        }
    }

    struct FixedKeys: ContentKeys {
        func newContentKey(for domain: Domain) throws -> (key: KeyID, salt: [UInt8])? {
            guard domain.owner != .none else { return nil }
            return (KeyID(rawValue: domain.owner.rawValue), try randomBytes(ContentKeySalt.byteCount))
        }
        func contentKey(_ key: KeyID, salt: [UInt8]) throws -> [UInt8] { salt + [UInt8](repeating: 7, count: 16) }
        func randomBytes(_ count: Int) throws -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }
    }

    enum ShardSeeds {
        static let id = ShardID(rawValue: 1)
        static var options: Silo.Options {
            var options = Silo.Options(now: { Timestamp(seconds: 1_700_000_000) }, bootID: [1])
            options.partByteCount = 200
            options.frameByteCount = 400
            options.keys = FixedKeys()
            return options
        }
        static let contents: [[UInt8]] =
            [Array("some text, some text, some text, some text".utf8), [], Array("other".utf8)]
            + [(0..<300).map { UInt8($0 % 3) }, (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 37) }]

        static func fileName(isSealed: Bool) -> String { "0000000000000001.\(isSealed ? "shard" : "open")" }

        static func hash(_ content: [UInt8]) -> SHA1Hash {
            var hasher = BlobHasher()
            return content.withUnsafeBytes { hasher.hash($0).sha1 }
        }

        /// Open and sealed ones, in clear and encrypted.
        static func make() throws -> [[UInt8]] {
            var seeds: [[UInt8]] = []
            for (domain, isSealed) in [(Domain.public, false), (.public, true), (.tenant(TenantID(1)), true)] {
                let folder = FuzzFolder.path("seed")
                FuzzFolder.remove(folder)
                expect(mkdir(folder, 0o700) == 0, "there is a folder for a seed")
                let silo = try Silo.open(
                    directory: "\(folder)/silo", locations: "\(folder)/locations", mode: .writer, options: options)
                for content in contents { _ = try silo.put(content, in: domain) }
                try silo.flush()
                if isSealed { _ = try silo.seal(domain) }
                try silo.close()
                let path = "\(folder)/silo/\(fileName(isSealed: isSealed))"
                let descriptor = open(path, O_RDONLY)
                expect(descriptor >= 0, "the seed is there")
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                bytes.removeLast(bytes.count - read(descriptor, &bytes, bytes.count))
                close(descriptor)
                seeds.append(bytes)
            }
            return seeds
        }

        /// The same with checksums that fit: of the header, of each head that begins where the one before it ends and of its
        /// payload, and of the trailer.
        static func repaired(_ input: [UInt8], _ digest: inout Digest) -> [UInt8] {
            var bytes = input
            func put(_ value: UInt64, at offset: Int) {
                for index in 0..<8 {
                    bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * index))
                }
            }
            func word(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
            guard bytes.count >= ShardHeader.byteCount else { return bytes }
            put(bytes.withUnsafeBytes { Checksum.of(.init(rebasing: $0[..<56]), &digest) }, at: 56)
            var offset = ShardHeader.byteCount
            while offset + FrameHead.fixedByteCount <= bytes.count, word(at: offset) == Int(FrameHead.magic) {
                let table = word(at: offset + 12)
                let payload = offset + FrameHead.fixedByteCount + table
                let end = payload + word(at: offset + 20)
                guard end <= bytes.count else { break }
                put(bytes.withUnsafeBytes { Checksum.of(.init(rebasing: $0[payload..<end]), &digest) }, at: offset + 48)
                let sum = bytes.withUnsafeBytes {
                    Checksum.ofHead(.init(rebasing: $0[offset..<payload]), shard: id, offset: UInt64(offset), &digest)
                }
                put(sum, at: offset + FrameHead.checksumOffset)
                offset = end
            }
            if bytes.count >= offset + ShardTrailer.byteCount, bytes.suffix(8).elementsEqual(ShardTrailer.magic) {
                let start = bytes.count - ShardTrailer.byteCount
                put(
                    bytes.withUnsafeBytes { Checksum.of(.init(rebasing: $0[start..<start + 72]), &digest) },
                    at: start + 72)
            }
            return bytes
        }
    }
#endif
