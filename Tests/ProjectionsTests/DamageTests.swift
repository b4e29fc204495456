import EventGenerator
import Events
import Projections
import Testing

/// Rows come from a file that may be damaged: reading one ends in a row or in an error.
@Suite struct DamageTests {
    @Test(arguments: [21, 22] as [UInt64])
    func damagedRowsNeverCrash(seed: UInt64) throws {
        var state = MemoryState()
        var stream = EventStream(seed: seed)
        for envelope in try stream.envelopes(400) { try state.fold(envelope) }
        var random = SeededGenerator(seed: seed)
        var row = RowBuffer()
        var form = DigestForm()
        var derivation = Derivation()
        for table in Table.allCases {
            let projection = AllProjections.byTable[table.index]
            for (key, bytes) in state.rows(table).prefix(60) {
                for _ in 0..<20 {
                    let damagedKey = damage(key, &random)
                    let damagedRow = damage(bytes, &random)
                    decode(damagedKey, damagedRow)
                    form.write(table, key: damagedKey.span.bytes, row: damagedRow.span.bytes)
                    _ = try? projection.derive(
                        table, key: damagedKey.span.bytes, row: damagedRow.span.bytes, into: &derivation)
                    guard table.rule == .reduce else { continue }
                    row.set(damagedRow)
                    _ = try? projection.reduce(
                        table, key: key.span.bytes, row: &row, delta: damage(bytes, &random).span.bytes)
                }
            }
        }
    }

    private func damage(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        switch random.below(4) {
        case 0: bytes.removeLast(random.below(bytes.count + 1))
        case 1: bytes += random.bytes(random.below(9))
        case 2: return random.bytes(random.below(100))
        default: if !bytes.isEmpty { bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8)) }
        }
        return bytes
    }

    private func decode(_ keyBytes: [UInt8], _ rowBytes: [UInt8]) {
        _ = try? TenantRow(decoding: rowBytes.span.bytes)
        _ = try? ClaimRow(decoding: rowBytes.span.bytes)
        _ = try? RepositoryRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? FileVersion(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? BlobRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? BlobReference(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? RefusedBlob(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? SyncRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? JobRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? ShardRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? RefRow(decoding: rowBytes.span.bytes)
        _ = try? GapRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? CredentialRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? RateLimitRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = try? LargeFileRow(key: keyBytes.span.bytes, decoding: rowBytes.span.bytes)
        _ = Counters(rowBytes.span.bytes)
    }
}
