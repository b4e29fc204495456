import EventGenerator
import Events
import Testing

/// The record's codec: what is written is read, its bytes stay what they were, and no bytes can crash a reader.
@Suite struct CodecTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func everyKindSurvivesItsEncoding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<200 {
            for kind in EventKind.allCases {
                let event = generator.event(kind)
                let position = LogPosition(500 + UInt64(round))
                let time = generator.time()
                let draft = EventDraft(
                    event, tenant: TenantID(4), repository: .back(2), correlation: .position(generator.position()),
                    causation: .back(1))
                let record = draft.encode(at: time)
                let envelope = try Envelope(record: record.span.bytes, at: position)
                #expect(envelope.event == event, "seed \(seed), \(kind.name)")
                #expect(envelope.header.repository == RepositoryID(position.rawValue - 2))
                #expect(envelope.header.causation == LogPosition(position.rawValue - 1))
                #expect(envelope.header.time == time)
                #expect(!envelope.event.json.text.isEmpty)
            }
        }
    }

    @Test(arguments: [11, 12] as [UInt64])
    func damagedRecordsAreRefusedAndNeverCrash(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            var record = EventDraft(
                generator.event(generator.pick(EventKind.allCases)), tenant: TenantID(1)
            ).encode(at: generator.time())
            switch generator.below(3) {
            case 0: record = generator.bytes(generator.below(300))
            case 1: record.removeLast(min(record.count, 1 + generator.below(40)))
            default:
                for _ in 0...generator.below(4) {
                    record[generator.below(record.count)] = UInt8(truncatingIfNeeded: generator.next())
                }
            }
            // Some changes leave a record that can be read; what matters is that reading it ends.
            if let envelope = try? Envelope(record: record.span.bytes, at: LogPosition(5)) {
                _ = envelope.event.json.text
            }
        }
    }

    /// The format is permanent: a change of these bytes is a change of every log there is.
    @Test func bytesOfARecord() throws {
        let items = [
            ItemChange(
                path: Array("README.md".utf8),
                content: .upserted(
                    mode: GitMode.file, hash: try #require(SHA1Hash(hex: "ce013625030ba8dba906f756967f9e9ca394464a")),
                    size: 6), replaces: nil),
            ItemChange(
                path: Array("READY".utf8), content: .removed,
                replaces: ItemVersion(position: LogPosition(9), index: 3)),
        ]
        let draft = EventDraft(
            .itemsChanged(ItemsChanged(items: items)), tenant: TenantID(2), domain: .public,
            repository: .position(LogPosition(1)), correlation: .itself, causation: .back(1))
        let record = draft.encode(at: Timestamp(seconds: 1_700_000_000))
        #expect(Hex.encode(record) == Self.golden)
    }

    private static let golden =
        "010001310001000000060a24181e40000000000200000000000000000000000000000032000000100000000000000001"
        + "fffffffffffffffefffffffffffffffd" + String(repeating: "00", count: 32)
        + "10021a0201022204a48302002a14ce013625030ba8dba906f756967f9e9ca394464a320206003a0200004202000a4a020003"
        + "0a0e0009524541444d452e6d64040159"

    @Test func referencesCountBackwards() throws {
        let record = EventDraft(
            .syncRequested(.init(reason: .command)), tenant: TenantID(1), repository: .back(7)
        ).encode(at: Timestamp(seconds: 1))
        #expect(throws: DecodingFailure.self) { try Envelope(record: record.span.bytes, at: LogPosition(6)) }
        let header = try Envelope(record: record.span.bytes, at: LogPosition(7)).header
        #expect(header.repository == RepositoryID(0))
        #expect(header.correlation == LogPosition(7))
        #expect(header.causation == nil)
    }
}
